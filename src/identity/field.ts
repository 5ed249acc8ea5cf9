/**
 * What the proxy does with a request header, decided by its name alone.
 *
 * Names are compared folded: in lower case, with `-` for every character that is not a letter or a digit. WSGI, CGI,
 * PHP and Rack hand `Tailscale_User_Login` to the app under the same key as `Tailscale-User-Login`
 * (GHSA-vjrc-mh2v-45x6, GHSA-f59h-q822-g45g), so anything that folds to a reserved name counts as that name.
 */

/** End-to-end: forwarded as it came. */
export const KEEP = 0;
/** Never forwarded: it belongs to one connection, frames the message, or is reserved for the proxy. */
export const DROP = 1;
/** `Connection`: dropped along with every header that it names (RFC 9110 §7.6.1). */
export const CONNECTION = 2;

/** One of `KEEP`, `DROP` and `CONNECTION`. */
export type FieldKind = typeof KEEP | typeof DROP | typeof CONNECTION;

/** Fields besides `Connection` that belong to one connection (RFC 9110 §7.6.1), or have been used as if they did. */
export const HOP_BY_HOP = [
  // rule: Keep-Alive is removed
  'keep-alive',
  // rule: Proxy-Connection is removed
  'proxy-connection',
  // rule: Proxy-Authenticate is removed from responses too
  'proxy-authenticate',
  // rule: Proxy-Authorization is removed
  'proxy-authorization',
  // rule: TE is removed
  'te',
  // rule: Trailer is removed
  'trailer',
  // rule: Transfer-Encoding is removed, and Transfer_Encoding with it
  'transfer-encoding',
  // rule: Upgrade is removed
  'upgrade',
  // rule: HTTP2-Settings is removed
  'http2-settings',
];

/** Set by the proxy from what its parser understood, never copied. */
const MESSAGE = [
  // rule: Host is set by the proxy
  'host',
  // rule: Content-Length is set by the proxy, and Content_Length is removed
  'content-length',
  // rule: Expect is answered by the proxy
  'expect',
];

/** Names that say something about the caller. */
const RESERVED = [
  // rule: Forwarded is removed
  'forwarded',
  // rule: X-Real-IP is removed
  'x-real-ip',
  // rule: Proxy is removed: CGI turns it into the environment variable HTTP_PROXY (httpoxy, CVE-2016-5385)
  'proxy',
];
const RESERVED_PREFIXES = [
  // rule: every Tailscale-* header is removed — mutate: 'tailscale-' => 'tailscale-user-'
  'tailscale-',
  // rule: every X-Tailscale-* header is removed
  'x-tailscale-',
  // rule: every X-Forwarded-* header is removed
  'x-forwarded-',
];

// Header names repeat. The bounded cache saves the folding without letting a caller fill the memory.
const CACHE_ENTRIES = 512;
const CACHE_NAME_LENGTH = 48;

/** Returns a name in the form in which names are compared. */
export function foldName(name: string): string {
  // rule: names are compared without regard to separators — mutate: .replace(/[^a-z0-9]/g, '-') =>
  // rule: names are compared without regard to case — mutate: name.toLowerCase() => name
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** Names that the app would take for the proxy's word, beyond those that always are. */
export interface ReservedNames {
  /** Header names, in any spelling. */
  names?: readonly string[];
  /** Prefixes of header names, such as `x-auth-request-`. */
  prefixes?: readonly string[];
}

/** Sorts header names into kinds. */
export class FieldTable {
  readonly #dropped: Set<string>;
  readonly #prefixes: string[];
  readonly #cache = new Map<string, FieldKind>();

  constructor(reserved: ReservedNames = {}) {
    // rule: what a preset or a mapping sets is removed in every spelling — mutate: .map(foldName) =>
    this.#dropped = new Set([...HOP_BY_HOP, ...MESSAGE, ...RESERVED, ...(reserved.names ?? []).map(foldName)]);
    this.#prefixes = [...RESERVED_PREFIXES, ...(reserved.prefixes ?? []).map(foldName)];
  }

  /** Returns the kind of a header name in any spelling. */
  kind(name: string): FieldKind {
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached;
    const kind = this.#decide(foldName(name));
    // rule: the cache keeps spellings apart — mutate: set(name, kind) => set(name.replace(/_.*/, ''), kind)
    if (name.length <= CACHE_NAME_LENGTH && this.#cache.size < CACHE_ENTRIES) this.#cache.set(name, kind);
    return kind;
  }

  #decide(folded: string): FieldKind {
    if (folded === 'connection') return CONNECTION;
    if (this.#dropped.has(folded)) return DROP;
    return this.#prefixes.some((prefix) => folded.startsWith(prefix)) ? DROP : KEEP;
  }
}
