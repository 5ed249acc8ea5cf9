/** For services behind the proxy: the caller, read back from the headers that `callerHeaders` writes. */
import { type Identity, type IdentityNode, unknownIdentity } from './identity.ts';

/** Headers as `req.headers` of Node.js, or as a `Headers` object. */
export type HeaderSource =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Who sent a request, by the `Tailscale-*` headers of tsexpose's proxy or of `tailscale serve`.
 *
 * Anybody who reaches a service directly can send these headers. Use it only in a service that listens on `127.0.0.1` or
 * a unix socket, where nobody but the proxy and the programs of this computer come through.
 *
 * @returns somebody of the kind `unknown` where the headers name nobody
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
  const nobody = unknownIdentity(rawValue(headers, 'x-forwarded-for'), 0);
  // What a relay reports about a visitor from the internet is never a tailnet identity.
  if (rawValue(headers, 'tailscale-funnel-request') === '?1') return { ...nobody, kind: 'funnel' };
  const login = field('tailscale-user-login');
  const node = nodeOf(field);
  if (!login && !node) return nobody;
  const capabilities = capabilitiesOf(field('tailscale-app-capabilities'));
  const peer = { ...nobody, ...(node && { node }), ...(capabilities && { capabilities }) };
  if (!login) return { ...peer, kind: 'tagged' };
  const picture = rawValue(headers, 'tailscale-user-profile-pic');
  return { ...peer, kind: 'user', login, name: field('tailscale-user-name'), picture };
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
    return undefined; // what cannot be read grants nothing
  }
}

function rawValue(headers: HeaderSource, name: string): string {
  const value = typeof headers.get === 'function' ? headers.get(name) : (headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : '';
}

const WORD = /=\?([\w-]+)\?([qb])\?([^?]*)\?=/gi;
// RFC 2047 §6.2: space between two encoded-words is not part of the text.
const BETWEEN_WORDS = /(\?=)\s+(?==\?)/g;

/** Decodes the encoded-words of RFC 2047 in a header value; text that is none stays as it is. */
function decodeHeaderValue(value: string): string {
  if (!value.includes('=?')) return value;
  return value.replace(BETWEEN_WORDS, '$1').replace(WORD, (word, charset: string, encoding: string, text: string) => {
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : fromQ(text);
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return word; // a charset that nobody knows
    }
  });
}

function fromQ(text: string): Buffer {
  const latin1 = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}
