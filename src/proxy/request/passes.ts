/** The passes towards the service: a request head and a caller in, a request for the service out. */
import { METHODS } from 'node:http';
import type { FunnelAuth } from '../../access/funnel-auth.ts';
import type { Gate } from '../../access/gate.ts';
import type { Target } from '../target/target.ts';
import { type Framing, hasBodyHeaders, isRefusal, type Refusal, type RequestHead, readFraming } from './framing.ts';
import type { HostPass } from './host.ts';
import { forwardPath, type Mount } from './path.ts';

/** What the passes need to know beside the request; the same for all requests of a front. */
export interface PassContext {
  target: Target;
  gate: Pick<Gate, 'sanitize'>;
  host: HostPass;
  /** Where the service is mounted. @default at `/`, alone */
  mount?: Mount;
  /** Asks visitors from the internet for a password. @default nobody is asked */
  funnelAuth?: FunnelAuth;
  /** Whether visitors come by TLS. */
  secure: boolean;
}

/** A request as the service gets it. */
export interface UpstreamRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** Names and values; `Host` is among them, `Connection` and the framing of a chunked body are not. */
  headers: string[];
  /** Whether a body follows. */
  hasBody: boolean;
  /** `websocket` when the connection is to change its protocol. */
  upgrade: 'websocket' | undefined;
  /** Whether it goes by HTTP/2, where request and answer may go on side by side for hours. */
  h2: boolean;
}

// RFC 9110 §9.3.8: a TRACE would show the headers that we add to whoever sends it. CONNECT is for forward proxies.
const REFUSED_METHODS = new Set(['TRACE', 'CONNECT']);
// What Node's parser of HTTP/1.1 knows; by HTTP/2 any word comes through, `PRI` and `get` included.
const KNOWN_METHODS = new Set(METHODS);

/** Runs the passes, in this order: framing, method, path, Host, then the sanitiser with ours on top. */
export function prepareRequest(
  head: RequestHead,
  ip: string,
  callerHeaders: readonly string[],
  context: PassContext,
): UpstreamRequest | Refusal {
  const framing = readFraming(head);
  if (isRefusal(framing)) return framing;
  if (!KNOWN_METHODS.has(head.method)) return { status: 501, reason: 'The method of the request is not known here.' };
  if (REFUSED_METHODS.has(head.method)) return { status: 405, reason: `${head.method} is not forwarded.` };
  const path = forwardPath(head.target, framing.host, context.secure, context.target.basePath, context.mount);
  if (typeof path !== 'string') return path;
  const hasBody =
    head.hasBody ?? (framing.chunked || (framing.contentLength !== undefined && Number(framing.contentLength) > 0));
  const headers = context.gate.sanitize(head.rawHeaders, ourHeaders(framing, ip, callerHeaders, context));
  if (context.host.rewrites) rewriteOrigin(headers, context.host);
  const h2 = context.target.protocol === 'h2c' || (head.httpVersion === '2.0' && isGrpc(head.rawHeaders));
  return { method: head.method, path, headers, hasBody, upgrade: undefined, h2 };
}

/** Whether a request is gRPC, which needs HTTP/2 (unlike gRPC-Web) all the way. */
function isGrpc(raw: readonly string[]): boolean {
  return raw.some(
    (name, i) => i % 2 === 0 && name === 'content-type' && /^application\/grpc([+;]|$)/i.test(raw[i + 1]!),
  );
}

/**
 * Runs the passes for a request that asks for another protocol. Anything but a WebSocket handshake is refused here;
 * `h2c` and the like never get this far (a tunnel through the proxy would be one past the sanitiser).
 */
export function prepareUpgrade(
  head: RequestHead,
  ip: string,
  callerHeaders: readonly string[],
  context: PassContext,
): UpstreamRequest | Refusal {
  const request = prepareRequest(head, ip, callerHeaders, context);
  if (isRefusal(request)) return request;
  // RFC 6455 §4.1. A body before the tunnel is a second reading of where the tunnel starts.
  if (head.method !== 'GET' || head.httpVersion !== '1.1')
    return { status: 400, reason: 'A WebSocket handshake is a GET in HTTP/1.1.' };
  if (hasBodyHeaders(head.rawHeaders)) return { status: 400, reason: 'A WebSocket handshake has no body.' };
  return { ...request, upgrade: 'websocket' };
}

function ourHeaders(framing: Framing, ip: string, callerHeaders: readonly string[], context: PassContext): string[] {
  const ours = ['Host', context.host.host(framing.host, context.target.authority)];
  if (framing.contentLength !== undefined) ours.push('Content-Length', framing.contentLength);
  // Trailers of the service reach the caller; nothing else that TE can say is ours to promise.
  if (framing.trailers) ours.push('TE', 'trailers');
  if (ip !== '') ours.push('X-Forwarded-For', ip);
  if (framing.host !== '') ours.push('X-Forwarded-Host', framing.host);
  if (context.secure) ours.push('X-Forwarded-Proto', 'https');
  if (context.mount?.prefix) ours.push('X-Forwarded-Prefix', context.mount.prefix);
  for (let i = 0; i < callerHeaders.length; i++) ours.push(callerHeaders[i]!);
  return ours;
}

function rewriteOrigin(headers: string[], host: HostPass): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === 'origin') headers[i + 1] = host.origin(headers[i + 1]!);
  }
}
