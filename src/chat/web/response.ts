import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PageFile } from './page-files.ts';

/** What a request is answered with. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** A sentence. */
export function text(status: number, sentence: string, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${sentence}\n` };
}

/** A value that nobody keeps. */
export function json(value: unknown): Answer {
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
  return { status: 200, headers, body: JSON.stringify(value) };
}

/** A file of the page, or the news that the browser has it already. */
export function file({ type, etag, body, gzipped }: PageFile, { headers }: IncomingMessage): Answer {
  const kept = { ETag: etag, 'Cache-Control': 'no-cache', Vary: 'Accept-Encoding' };
  if (headers['if-none-match'] === etag) return { status: 304, headers: kept, body: '' };
  if (!/\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) {
    return { status: 200, headers: { ...kept, 'Content-Type': type }, body };
  }
  return { status: 200, headers: { ...kept, 'Content-Type': type, 'Content-Encoding': 'gzip' }, body: gzipped };
}

/** Sends an answer with the headers that every answer of the chat has. */
export function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...safetyHeaders(request), ...headers });
  response.end(body);
}

/** Answers an upgrade that is not granted. */
export function refuseUpgrade(socket: Duplex, { status, body }: Answer): void {
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Whether a request came over TLS. */
export function isSecure(request: IncomingMessage): boolean {
  return 'encrypted' in request.socket;
}

function safetyHeaders(request: IncomingMessage): Record<string, string> {
  const { host = '' } = request.headers;
  const own = /^[\w.:[\]-]+$/.test(host) ? ` ${isSecure(request) ? 'wss' : 'ws'}://${host}` : '';
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Profile pictures are where the identity provider has them.
    "img-src 'self' https:",
    // Older browsers do not take 'self' for the WebSocket of the same host.
    `connect-src 'self'${own}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
}
