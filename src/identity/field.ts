/**
 * What the proxy may do with a request header, decided by its name alone.
 *
 * Names are compared folded: lower-cased, with every character that is no letter or digit taken as `-`. WSGI, CGI, PHP
 * and Rack hand `Tailscale_User_Login` to the application under the same key as `Tailscale-User-Login`
 * (GHSA-vjrc-mh2v-45x6, GHSA-f59h-q822-g45g), so whatever folds to a name of ours counts as that name.
 */

/** End-to-end: forwarded as it came. */
export const KEEP = 0;
/** Never forwarded: it belongs to one connection, frames the message, or speaks in the proxy's name. */
export const DROP = 1;
/** `Connection`: dropped, and so is every header that it names (RFC 9110 §7.6.1). */
export const CONNECTION = 2;

/** One of `KEEP`, `DROP` and `CONNECTION`. */
export type FieldKind = typeof KEEP | typeof DROP | typeof CONNECTION;

/** Belong to one connection (RFC 9110 §7.6.1), or were used as if they did. */
const HOP_BY_HOP = [
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/** Set anew by the proxy from what its parser understood, never copied. */
const MESSAGE = ['host', 'content-length', 'expect'];

/** Speak about the caller; `Proxy` becomes the environment variable HTTP_PROXY in CGI (httpoxy, CVE-2016-5385). */
const RESERVED = ['forwarded', 'x-real-ip', 'proxy'];
const RESERVED_PREFIXES = ['tailscale-', 'x-tailscale-', 'x-forwarded-'];

// Header names repeat; a bounded cache spares the folding without letting a caller fill the memory.
const CACHE_ENTRIES = 512;
const CACHE_NAME_LENGTH = 48;

/** Maps a name to the form in which names are compared. */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** Names that a service would take for the proxy's own word, beyond the ones that always are. */
export interface ReservedNames {
  /** Header names, in any spelling. */
  names?: readonly string[];
  /** Beginnings of header names, such as `x-auth-request-`. */
  prefixes?: readonly string[];
}

/** Sorts header names into kinds. */
export class FieldTable {
  readonly #dropped: Set<string>;
  readonly #prefixes: string[];
  readonly #cache = new Map<string, FieldKind>();

  constructor(reserved: ReservedNames = {}) {
    this.#dropped = new Set([...HOP_BY_HOP, ...MESSAGE, ...RESERVED, ...(reserved.names ?? []).map(foldName)]);
    this.#prefixes = [...RESERVED_PREFIXES, ...(reserved.prefixes ?? []).map(foldName)];
  }

  /** The kind of a header name, in whatever spelling it came. */
  kind(name: string): FieldKind {
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached;
    const kind = this.#decide(foldName(name));
    if (name.length <= CACHE_NAME_LENGTH && this.#cache.size < CACHE_ENTRIES) this.#cache.set(name, kind);
    return kind;
  }

  #decide(folded: string): FieldKind {
    if (folded === 'connection') return CONNECTION;
    if (this.#dropped.has(folded)) return DROP;
    return this.#prefixes.some((prefix) => folded.startsWith(prefix)) ? DROP : KEEP;
  }
}
