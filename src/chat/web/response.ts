import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PageFile } from './page-files.ts';

/** The answer to a request. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Returns an answer with a sentence. */
export function text(status: number, sentence: string, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${sentence}\n` };
}

/** Returns an answer with a value, which is not cached. */
export function json(value: unknown): Answer {
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
  return { status: 200, headers, body: JSON.stringify(value) };
}

/** Returns an answer with a file, or 304 if the browser already has it. */
export function file({ type, etag, body, gzipped }: PageFile, { headers }: IncomingMessage): Answer {
  const kept = { ETag: etag, 'Cache-Control': 'no-cache', Vary: 'Accept-Encoding' };
  if (headers['if-none-match'] === etag) return { status: 304, headers: kept, body: '' };
  if (!/\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) {
    return { status: 200, headers: { ...kept, 'Content-Type': type }, body };
  }
  return { status: 200, headers: { ...kept, 'Content-Type': type, 'Content-Encoding': 'gzip' }, body: gzipped };
}

/** Sends an answer, with the security headers of every answer. */
export function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...safetyHeaders(request), ...headers });
  response.end(body);
}

/** Refuses an upgrade request. */
export function refuseUpgrade(socket: Duplex, { status, body }: Answer): void {
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Returns whether a request came over TLS. */
export function isSecure(request: IncomingMessage): boolean {
  return 'encrypted' in request.socket;
}

function safetyHeaders(request: IncomingMessage): Record<string, string> {
  const { host = '' } = request.headers;
  const own = /^[\w.:[\]-]+$/.test(host) ? ` ${isSecure(request) ? 'wss' : 'ws'}://${host}` : '';
  const policy = [
    "default-src 'none'",
    // rule: the page runs no scripts but its own — mutate: 'self' => 'self' 'unsafe-inline'
    "script-src 'self'",
    "style-src 'self'",
    // Profile pictures come from the identity provider.
    "img-src 'self' https:",
    // In older browsers 'self' does not include the WebSocket of the same host.
    `connect-src 'self'${own}`,
    "base-uri 'none'",
    "form-action 'none'",
    // rule: the page is not shown inside another one
    "frame-ancestors 'none'",
    // rule: the page makes no markup of text
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Referrer-Policy': 'no-referrer',
    // rule: browsers do not guess the type of a file
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  };
}
