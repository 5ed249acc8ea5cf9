/** For apps behind the proxy: reads the caller back from the headers that `callerHeaders` writes. */
import { type Identity, type IdentityNode, unknownIdentity } from './identity.ts';
import { decodeHeaderValue, encodeHeaderValue } from './rfc2047.ts';

/** Headers, as Node.js has them in `req.headers` or as a `Headers` object. */
export type HeaderSource =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Returns who sent a request, according to the `Tailscale-*` headers of tsexpose's proxy or of `tailscale serve`.
 *
 * Anyone who can reach the app directly can send these headers. Use this only in an app that listens on `127.0.0.1` or
 * on a unix socket, where only the proxy and programs on this computer can reach it.
 *
 * @returns an identity of the kind `unknown` if the headers do not name a caller
 * @example
 * ```ts
 * import http from 'node:http';
 * http.createServer((req, res) => {
 *   const { kind, name } = identityFromHeaders(req.headers);
 *   res.end(kind === 'user' ? `hello ${name}` : 'hello');
 * }).listen(3000, '127.0.0.1');
 * ```
 */
export function identityFromHeaders(headers: HeaderSource): Identity {
  const field = (name: string) => decodeHeaderValue(rawValue(headers, name));
  const unknown = unknownIdentity(rawValue(headers, 'x-forwarded-for'), 0);
  // rule: a caller from the internet is never taken for a user
  if (rawValue(headers, 'tailscale-funnel-request') === '?1') return { ...unknown, kind: 'funnel' };
  const login = loginOf(rawValue(headers, 'tailscale-user-login'));
  const node = nodeOf(field);
  if (!login && !node) return unknown;
  const capabilities = capabilitiesOf(field('tailscale-app-capabilities'));
  const peer = { ...unknown, ...(node && { node }), ...(capabilities && { capabilities }) };
  if (!login) return { ...peer, kind: 'tagged' };
  const picture = rawValue(headers, 'tailscale-user-profile-pic');
  return { ...peer, kind: 'user', login, name: field('tailscale-user-name'), picture };
}

// `tailscale serve` sends a login that looks like an encoded-word as it is.
function loginOf(value: string): string {
  const login = decodeHeaderValue(value);
  // rule: a login is decoded only if the proxy would have encoded it like that
  // mutate: encodeHeaderValue(login) === value => true
  return encodeHeaderValue(login) === value ? login : value;
}

function nodeOf(field: (name: string) => string): IdentityNode | undefined {
  const id = field('tailscale-node-id');
  if (!id) return undefined;
  const tags = field('tailscale-node-tags');
  return { id, name: field('tailscale-node-name'), fqdn: '', ips: [], os: '', tags: tags ? tags.split(',') : [] };
}

function capabilitiesOf(text: string): Record<string, unknown[]> | undefined {
  if (!text) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown[]>) : undefined;
  } catch {
    // rule: capabilities that cannot be read grant nothing — mutate: undefined => {}
    return undefined;
  }
}

function rawValue(headers: HeaderSource, name: string): string {
  const value = typeof headers.get === 'function' ? headers.get(name) : (headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : '';
}
