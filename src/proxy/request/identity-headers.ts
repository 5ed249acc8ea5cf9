/** The sanitizer and the identity headers for reverse proxies that are not ours. */
import type { IncomingHttpHeaders } from 'node:http';
import { FieldTable } from '../../identity/field.ts';
import { callerHeaders } from '../../identity/headers.ts';
import type { Identity } from '../../identity/identity.ts';
import { findPreset, type PresetName } from '../../identity/preset.ts';
import { sanitizeHeaders } from './sanitize.ts';

/** Which headers tell the app about the caller, besides `Tailscale-User-*`. */
export interface IdentityHeaderOptions {
  /** Capabilities to send in `Tailscale-App-Capabilities`. @default none, and no such header */
  acceptAppCaps?: readonly string[];
  /** Adds `Tailscale-Node-Name`, `-Node-Id` and, for tagged callers, `-Node-Tags`. @default false */
  deviceHeaders?: boolean;
  /** Sends the user under the names of another proxy too: `remote-user`, `oauth2-proxy` or `grafana`. @default none */
  headerPreset?: PresetName;
}

/** A request to forward: Node's, or the one of an `http2` server. */
export interface ForwardedRequest {
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean };
  /** The caller. Set by servers on the tailnet. */
  readonly tailscale?: Identity;
  /** Of a request by HTTP/2. */
  readonly stream?: { readonly endAfterHeaders?: boolean };
}

/**
 * Returns the headers that a reverse proxy of your own may forward with a request: the caller's without those that belong
 * to one connection or speak for a proxy, in any spelling, then who is calling, as `tsexpose` and `tailscale serve` say
 * it. Replace the request's headers with them before the proxy reads any: a proxy that adds headers later leaves in what
 * the caller has sent under another spelling, and with `Expect: 100-continue` it may be too late.
 *
 * Headers that frame the message are what Node's parser has understood. `Expect` has been answered and is left out.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION` for an unknown preset
 * @example
 * ```ts
 * import { createProxyServer } from 'http-proxy-3';
 * const proxy = createProxyServer({ target: 'http://127.0.0.1:3000' });
 * tailnet.createServer((req, res) => {
 *   req.headers = identityHeaders(req);
 *   proxy.web(req, res);
 * }).listen(80);
 * ```
 */
export function identityHeaders(request: ForwardedRequest, options: IdentityHeaderOptions = {}): IncomingHttpHeaders {
  const preset = options.headerPreset === undefined ? undefined : findPreset(options.headerPreset);
  const { acceptAppCaps, deviceHeaders } = options;
  const { tailscale: identity } = request;
  const caller = identity ? callerHeaders(identity, { acceptAppCaps, deviceHeaders, ...(preset && { preset }) }) : [];
  const ours = [...framingHeaders(request), ...forwardedHeaders(request), ...caller];
  return collect(sanitizeHeaders(new FieldTable(preset?.reserved), request.rawHeaders, ours));
}

/** Returns what says where the message ends, and whether a WebSocket follows. */
function framingHeaders({ headers, stream }: ForwardedRequest): string[] {
  const framing: string[] = [];
  if (headers['content-length'] !== undefined) framing.push('content-length', headers['content-length']);
  // rule: a body without a length is chunked, whatever the method
  else if (headers['transfer-encoding'] !== undefined || stream?.endAfterHeaders === false)
    framing.push('transfer-encoding', 'chunked');
  // rule: no upgrade is forwarded but a WebSocket's — mutate: === 'websocket' => !== undefined
  if (headers.upgrade?.toLowerCase() === 'websocket') framing.push('connection', 'Upgrade', 'upgrade', 'websocket');
  return framing;
}

/** Returns where the request came from, and for whom. */
function forwardedHeaders({ headers, socket, tailscale }: ForwardedRequest): string[] {
  const host = headers.host ?? headers[':authority'];
  const ip = tailscale?.ip || socket.remoteAddress;
  return [
    ...(ip ? ['x-forwarded-for', ip] : []),
    ...(typeof host === 'string' ? ['host', host, 'x-forwarded-host', host] : []),
    ...(socket.encrypted ? ['x-forwarded-proto', 'https'] : []),
  ];
}

/** Turns a flat list into an object without a prototype: a header may be called `__proto__`. */
function collect(list: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase();
    if (name.startsWith(':')) continue; // HTTP/2 has its request line there
    const before = headers[name];
    headers[name] = before === undefined ? list[i + 1]! : [before, list[i + 1]!].flat();
  }
  return headers;
}
