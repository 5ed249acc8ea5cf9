/** Services that speak HTTP/2 without TLS, and nothing else. */
import { once } from 'node:events';
import http2, { type Http2Server, type ServerHttp2Session, type ServerHttp2Stream, type Settings } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What an app does with a request; `raw` are the headers as they came. */
export type OnStream = (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders, raw: string[]) => void;

export interface H2App {
  port: number;
  server: Http2Server;
  /** The connections, in the order in which they came. */
  sessions: ServerHttp2Session[];
}

/** Starts a app; it ends with the test. */
export async function startH2App(onStream: OnStream, settings: Settings = {}, port = 0): Promise<H2App> {
  const sessions: ServerHttp2Session[] = [];
  const server = http2
    .createServer({ settings })
    .on('session', (session) => sessions.push(session))
    .on('stream', (stream, headers, _flags, raw: string[] = []) => {
      stream.on('error', () => {});
      onStream(stream, headers, raw);
    });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, sessions };
}

/** Answers with the headers of the request as JSON. */
export const echoHeaders: OnStream = (stream, headers) => {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(JSON.stringify(headers));
};

/** A message of gRPC: one byte for compression, four for the length, and the message. */
export function grpcFrame(message: string): Buffer {
  const bytes = Buffer.from(message);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The messages in what came. */
export function grpcMessages(bytes: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, at + 5 + length).toString());
    at += 5 + length;
  }
  return messages;
}
