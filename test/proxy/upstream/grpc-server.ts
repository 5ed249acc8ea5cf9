/** An app as gRPC has it on the wire, and a client for it: frames in bodies, the outcome in trailers. */
import { once } from 'node:events';
import http2, { type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { grpcFrame, grpcMessages, type H2App, startH2App } from './h2-server.ts';

const OK = { ':status': 200, 'content-type': 'application/grpc+proto' };

/** What came of a call. */
export interface Outcome {
  headers: IncomingHttpHeaders;
  messages: string[];
  trailers: IncomingHttpHeaders;
  /** Whether the head of the answer was all of it. */
  onlyHead: boolean;
}

/**
 * Starts an app with these methods: `/Who` answers with the metadata it sees, `/Count` with a stream of three
 * messages, `/Echo` with every message as it comes, `/Fail` with an error, `/Never` not at all.
 */
export async function startGrpcService(onCancel: (code: number) => void = () => {}): Promise<H2App> {
  return await startH2App((stream, headers) => {
    const method = headers[':path'];
    if (method === '/Fail') {
      stream.respond({ ...OK, 'grpc-status': '5', 'grpc-message': 'no such thing' }, { endStream: true });
      return;
    }
    if (method === '/Never') {
      stream.on('aborted', () => onCancel(stream.rstCode));
      return;
    }
    stream.respond(OK, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-te': String(headers.te) }));
    if (method === '/Count') for (const word of ['one', 'two', 'three']) stream.write(grpcFrame(word));
    if (method === '/Who') stream.write(grpcFrame(JSON.stringify(headers)));
    if (method === '/Echo') stream.on('data', (chunk: Buffer) => stream.write(chunk));
    stream.resume().on('end', () => stream.end());
  });
}

/** Opens a call. */
export function openCall(session: ClientHttp2Session, method: string, metadata: OutgoingHttpHeaders = {}) {
  return session.request({
    ...{ ':method': 'POST', ':path': method, ':authority': 'app.sandbox.ts.net' },
    ...{ 'content-type': 'application/grpc+proto', te: 'trailers', ...metadata },
  });
}

/** Makes a call with some messages and waits for its outcome. */
export async function call(
  session: ClientHttp2Session,
  method: string,
  { messages = ['hello'], metadata = {} }: { messages?: string[]; metadata?: OutgoingHttpHeaders } = {},
): Promise<Outcome> {
  const stream = openCall(session, method, metadata);
  for (const message of messages) stream.write(grpcFrame(message));
  stream.end();
  let trailers: IncomingHttpHeaders = {};
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  const [headers, flags] = (await once(stream, 'response')) as [IncomingHttpHeaders, number];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const onlyHead = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  return { headers, messages: grpcMessages(Buffer.concat(chunks)), trailers, onlyHead };
}
