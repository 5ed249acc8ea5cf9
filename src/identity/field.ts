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

/** What the proxy says itself, or what must never reach an app. */
const OURS = [
  // rule: X-Forwarded-For, -Host, -Proto and -Prefix are the proxy's
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-prefix'],
  // rule: Proxy is removed: CGI turns it into the environment variable HTTP_PROXY (httpoxy, CVE-2016-5385)
  'proxy',
];
const OUR_PREFIXES = [
  // rule: every Tailscale-* header is removed — mutate: 'tailscale-' => 'tailscale-user-'
  'tailscale-',
  // rule: every X-Tailscale-* header is removed
  'x-tailscale-',
];

interface Claim {
  names: readonly string[];
  prefixes: readonly string[];
}

const words = (text: string) => text.trim().split(/\s+/);

/**
 * Headers in which a proxy tells an app about a request. Here the app's proxy is ours, so a caller that sends one pretends
 * to be a proxy: as `X-Client-IP: 127.0.0.1`, as `X-Original-URL: /admin`, as `Remote-User: root`.
 */
export const CLAIMS = {
  // rule: a caller cannot say which address it has
  address: {
    names: words(`forwarded forwarded-for x-forwarded x-real-ip x-client-ip x-clientip client-ip true-client-ip
      x-cluster-client-ip x-original-forwarded-for x-originating-ip x-proxyuser-ip fly-client-ip do-connecting-ip
      ali-cdn-real-ip cdn-src-ip incap-client-ip x-sucuri-clientip x-nf-client-connection-ip x-vercel-forwarded-for
      x-vercel-proxied-for proxy-client-ip wl-proxy-client-ip x-akamai-edgescape`),
    prefixes: words('cf- fastly- cloudfront- x-appengine- x-azure- x-envoy- x-vercel-ip-'),
  },
  // rule: a caller cannot say which URL it meant
  url: {
    names: words(`x-original-url x-rewrite-url x-original-uri x-original-host x-original-method x-original-path
      x-original-query x-original-proto x-original-scheme x-original-port x-original-prefix x-original-for
      x-original-remote-addr x-original-client-ip x-host x-http-host-override x-script-name x-ingress-path x-proxy-url
      x-scheme x-url-scheme front-end-https x-sendfile-type x-accel-mapping fly-forwarded-port fly-forwarded-proto
      fly-forwarded-ssl`),
    prefixes: words('x-forwarded-'),
  },
  // rule: a caller cannot say who it is
  identity: {
    names: words(`x-auth-username x-auth-userid x-auth-subject x-auth-email x-auth-roles x-auth-groups
      x-credential-identifier x-credential-username x-anonymous-consumer x-jwt-assertion teleport-jwt-assertion
      x-endpoint-api-userinfo x-apigateway-api-userinfo`),
    prefixes: words(`remote- x-remote- x-webauth- x-auth-request- x-authenticated- x-authentik- x-consumer-
      x-goog-authenticated-user- x-goog-iap- x-amzn-oidc- x-ms-client-principal x-ms-token- x-pomerium- x-vouch- oidc-
      shib- mellon-`),
  },
  // rule: a caller cannot say which certificate it has
  certificate: {
    names: words('client-cert client-cert-chain x-client-dn x-client-verify x-arr-clientcert x-arr-ssl'),
    prefixes: words(
      'ssl- x-ssl- x-client-cert x-client-ssl- x-client-subject- x-client-issuer- x-amzn-mtls- x-tls-client-',
    ),
  },
} satisfies Record<string, Claim>;

const CLAIMED: Claim[] = Object.values(CLAIMS);

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
  /** Names of {@link CLAIMS} that pass nevertheless, in this spelling and in no other. */
  passed?: readonly string[];
}

/** Sorts header names into kinds. */
export class FieldTable {
  readonly #dropped: Set<string>;
  readonly #prefixes: string[];
  readonly #claimed = new Set(CLAIMED.flatMap(({ names }) => names));
  readonly #claims = CLAIMED.flatMap(({ prefixes }) => prefixes);
  readonly #passed: Set<string>;
  readonly #cache = new Map<string, FieldKind>();

  constructor({ names = [], prefixes = [], passed = [] }: ReservedNames = {}) {
    // rule: what a preset or a mapping sets is removed in every spelling — mutate: names.map(foldName) => names
    this.#dropped = new Set([...HOP_BY_HOP, ...MESSAGE, ...OURS, ...names.map(foldName)]);
    this.#prefixes = [...OUR_PREFIXES, ...prefixes.map(foldName)];
    this.#passed = new Set(passed.map((name) => name.toLowerCase()));
  }

  /** Returns the names and prefixes of headers that callers may not send, folded, and what passes nevertheless. */
  lists() {
    return {
      ours: { names: [...this.#dropped], prefixes: this.#prefixes },
      claims: { names: [...this.#claimed], prefixes: this.#claims },
      passed: [...this.#passed],
    };
  }

  /** Whether a header is set by the proxy alone, or belongs to one connection. */
  isOurs(name: string): boolean {
    const folded = foldName(name);
    return folded === 'connection' || this.#dropped.has(folded) || startsWithAny(folded, this.#prefixes);
  }

  /** Whether a header would speak for a proxy. */
  isClaim(name: string): boolean {
    const folded = foldName(name);
    return this.#claimed.has(folded) || startsWithAny(folded, this.#claims);
  }

  /** Returns the kind of a header name in any spelling. */
  kind(name: string): FieldKind {
    const cached = this.#cache.get(name);
    if (cached !== undefined) return cached;
    const kind = this.#decide(name);
    // rule: the cache keeps spellings apart — mutate: set(name, kind) => set(name.replace(/_.*/, ''), kind)
    if (name.length <= CACHE_NAME_LENGTH && this.#cache.size < CACHE_ENTRIES) this.#cache.set(name, kind);
    return kind;
  }

  #decide(name: string): FieldKind {
    if (foldName(name) === 'connection') return CONNECTION;
    if (this.isOurs(name)) return DROP;
    // rule: --pass-header lets one spelling of a name through
    // mutate: name.toLowerCase() => foldName(name)
    if (this.#passed.has(name.toLowerCase())) return KEEP;
    return this.isClaim(name) ? DROP : KEEP;
  }
}

function startsWithAny(folded: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => folded.startsWith(prefix));
}
