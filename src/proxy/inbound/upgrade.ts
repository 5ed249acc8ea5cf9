/** The two outcomes of an upgrade: the response that opens a tunnel, and the request that gets none. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { hasBodyHeaders } from '../request/framing.ts';
import type { ResponseHead } from '../response/head.ts';

/** Whether a request asks to become a WebSocket, the only protocol that is supported. */
export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Whether Node delivers a request as an upgrade, if it asks (since Node.js 22.21 and 24.9). A request with a body is
 * better read by Node's own parser, which then does not leave the body on the connection for `replayWithoutUpgrade`.
 */
export function shouldUpgrade(request: IncomingMessage): boolean {
  return asksForWebSocket(request) || !hasBodyHeaders(request.rawHeaders);
}

/** Returns the head of the response that makes a connection a WebSocket. */
export function switchingProtocols({ headers }: ResponseHead): Buffer {
  let head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return Buffer.from(`${head}\r\n`, 'latin1');
}

// A caller may send before it gets a response; beyond this much it has to wait.
const HELD_BYTES = 64 * 1024;

/**
 * Reads on from a caller whose upgrade is being decided, to notice if it goes away, and returns a function that puts back
 * what was read.
 */
export function holdBack(socket: Socket, head: Buffer): () => void {
  const chunks = [head];
  let length = head.length;
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    // rule: what a caller sends before the response is bounded
    if (length > HELD_BYTES) socket.pause();
  };
  const onEnd = () => socket.destroy();
  socket.on('data', onData).once('end', onEnd);
  return () => {
    socket.pause().off('data', onData).off('end', onEnd);
    if (length > 0) socket.unshift(Buffer.concat(chunks));
  };
}

/**
 * Serves a request that offers another protocol (`h2c`, as curl --http2 does) as if it had not: a server may ignore an
 * offer (RFC 9110 §7.8), and a tunnel for it would bypass the sanitizer. Node has detached its parser by now, so the
 * request goes through a new one, without the offer.
 */
export function replayWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  let text = `${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`;
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!;
    const value = request.rawHeaders[i + 1]!;
    if (/^(upgrade|http2-settings)$/i.test(name)) continue;
    text += `${name}: ${/^connection$/i.test(name) ? withoutUpgrade(value) : value}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutUpgrade(connection: string): string {
  const tokens = connection.split(',').map((token) => token.trim());
  return tokens.filter((token) => !/^(upgrade|http2-settings|)$/i.test(token)).join(', ');
}
