/** The passes towards the upstream: a request head and a caller in, a request for the upstream out. */
import { METHODS } from 'node:http';
import type { Gate } from '../../access/gate.ts';
import type { Target } from '../target/target-types.ts';
import { mapDestinations } from './destination.ts';
import { badRequest, type Framing, isRefusal, type Refusal, type RequestHead, readFraming } from './framing.ts';
import type { HostPass, SentHost } from './host.ts';
import { forwardPath, isBelow, type Mount } from './path.ts';
import { sanitizeHeaders } from './sanitize.ts';
import { withTrace } from './trace.ts';

/** What the passes need to know besides the request. */
export interface PassContext {
  target: Target;
  gate: Pick<Gate, 'reserved'>;
  host: HostPass;
  /** Where the upstream is mounted. @default at `/`, alone */
  mount?: Mount;
  /** Whether the caller uses TLS. */
  secure: boolean;
  /** Whether a request without a trace context gets one. @default false */
  trace?: boolean;
}

/** A request as the upstream gets it. */
export interface UpstreamRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** Names and values, including `Host` but not `Connection` or the framing of a chunked body. */
  headers: string[];
  /** Whether a body follows. */
  hasBody: boolean;
  /** `websocket` if the connection is to change its protocol. */
  upgrade: 'websocket' | undefined;
  /** Whether it goes by HTTP/2, where request and response may run side by side for hours. */
  h2: boolean;
  /** The origin that the caller asked, such as `https://myapp`; undefined if it did not say. */
  origin: string | undefined;
}

// RFC 9110 §9.3.8: a TRACE would show its sender the headers that we add. CONNECT is for forward proxies.
const REFUSED_METHODS = new Set([
  // rule: TRACE is refused
  'TRACE',
  'CONNECT',
]);
// What Node's HTTP/1.1 parser knows; its HTTP/2 parser lets any word through, including `PRI` and `get`.
const KNOWN_METHODS = new Set(METHODS);

/** Runs the passes in this order: framing, method, path, Host, then the sanitizer with our headers on top. */
export function prepareRequest(
  head: RequestHead,
  ip: string,
  callerHeaders: readonly string[],
  context: PassContext,
): UpstreamRequest | Refusal {
  const framing = readFraming(head);
  if (isRefusal(framing)) return framing;
  // rule: unknown methods are refused
  if (!KNOWN_METHODS.has(head.method)) return { status: 501, reason: 'The request method is not supported.' };
  if (REFUSED_METHODS.has(head.method)) return { status: 405, reason: `${head.method} requests are not forwarded.` };
  const path = forwardPath(head.target, framing.host, context.secure, context.target.basePath, context.mount);
  if (typeof path !== 'string') return path;
  // rule: a chunked request has a body, whatever its method — mutate: framing.chunked || =>
  const hasBody =
    head.hasBody ?? (framing.chunked || (framing.contentLength !== undefined && Number(framing.contentLength) > 0));
  const sent = context.host.sent(framing.host, context.secure);
  const ours = ourHeaders(framing, sent, ip, callerHeaders, context);
  const sanitized = sanitizeHeaders(context.gate.reserved, head.rawHeaders, ours);
  const headers = context.trace ? withTrace(sanitized) : sanitized;
  if (sent.origin !== undefined) mapOrigins(headers, framing.host, sent.origin, context);
  const astray = mapDestinations(head.method, headers, context);
  if (astray) return astray;
  const origin = framing.host === '' ? undefined : `${context.secure ? 'https' : 'http'}://${framing.host}`;
  const h2 = context.target.protocol === 'h2c' || (head.httpVersion === '2.0' && isGrpc(head.rawHeaders));
  return { method: head.method, path, headers, hasBody, upgrade: undefined, h2, origin };
}

/** Whether a request is gRPC, which (unlike gRPC-Web) needs HTTP/2 all the way. */
function isGrpc(raw: readonly string[]): boolean {
  return raw.some(
    (name, i) => i % 2 === 0 && name === 'content-type' && /^application\/grpc([+;]|$)/i.test(raw[i + 1]!),
  );
}

/**
 * Runs the passes for a request that asks for another protocol. Anything but a WebSocket handshake is refused; `h2c` and
 * the like never get this far, because a tunnel for them would bypass the sanitizer.
 */
export function prepareUpgrade(
  head: RequestHead,
  ip: string,
  callerHeaders: readonly string[],
  context: PassContext,
): UpstreamRequest | Refusal {
  const request = prepareRequest(head, ip, callerHeaders, context);
  if (isRefusal(request)) return request;
  // RFC 6455 §4.1. With a body, two machines could disagree about where the tunnel starts.
  // rule: a WebSocket handshake is a GET in HTTP/1.1
  if (head.method !== 'GET' || head.httpVersion !== '1.1')
    return badRequest('A WebSocket handshake must be a GET request in HTTP/1.1.');
  // rule: a WebSocket handshake has no body
  if (request.hasBody) return badRequest('A WebSocket handshake must not have a body.');
  // Some clients say that it has none, which the target need not hear.
  return { ...request, headers: withoutLength(request.headers), upgrade: 'websocket' };
}

function withoutLength(headers: readonly string[]): string[] {
  return headers.filter((_, i) => headers[i - (i % 2)]!.toLowerCase() !== 'content-length');
}

function ourHeaders(
  framing: Framing,
  sent: SentHost,
  ip: string,
  callerHeaders: readonly string[],
  { mount }: PassContext,
): string[] {
  const ours = ['Host', sent.host];
  if (framing.contentLength !== undefined) ours.push('Content-Length', framing.contentLength);
  // Trailers of the upstream reach the caller; we cannot promise anything else that TE can say.
  // rule: TE only passes on "trailers" — mutate: 'trailers' => 'gzip'
  if (framing.trailers) ours.push('TE', 'trailers');
  // rule: X-Forwarded-For is the caller's address
  if (ip !== '') ours.push('X-Forwarded-For', ip);
  if (framing.host !== '') ours.push('X-Forwarded-Host', sent.host);
  // rule: X-Forwarded-Proto says https for a caller with TLS
  // rule: X-Forwarded-Proto is absent for a caller without TLS — mutate: sent.secure => true
  if (sent.secure) ours.push('X-Forwarded-Proto', 'https');
  if (mount?.prefix) ours.push('X-Forwarded-Prefix', mount.prefix);
  for (let i = 0; i < callerHeaders.length; i++) ours.push(callerHeaders[i]!);
  return ours;
}

const ORIGIN = /^(https?:\/\/[^/?#]*)(.*)$/is;

/** Replaces our own origins in `Origin` and `Referer`, in place. */
function mapOrigins(headers: string[], host: string, sent: string, { host: pass, secure, target, mount }: PassContext) {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    if (name !== 'origin' && name !== 'referer') continue;
    const [, origin = '', rest = ''] = ORIGIN.exec(headers[i + 1]!) ?? [];
    if (!pass.hasOrigin(origin, host, secure)) continue;
    headers[i + 1] = sent + (name === 'referer' ? refererPath(rest, target.basePath, mount?.prefix ?? '') : rest);
  }
}

/** Returns where a page of ours is at the target. One that is not below the route has no path there. */
function refererPath(path: string, basePath: string, prefix: string): string {
  if (prefix !== '' && !isBelow(path, prefix)) return '/';
  if (prefix === '' && basePath === '') return path;
  const rest = path.slice(prefix.length);
  return basePath + (rest.startsWith('/') || (prefix !== '' && basePath !== '') ? rest : `/${rest}`);
}
