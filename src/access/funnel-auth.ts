/** A password for callers from the internet. Callers of the tailnet are known without one. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { TsexposeError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import { TokenBucket } from '../token-bucket.ts';

// Enough for a caller who mistypes, and few enough guesses from one network.
const GUESSES = { burst: 10, perSecond: 10 / 60 };
/** Networks that are remembered; beyond them the oldest is forgotten. */
const MOST_NETWORKS = 10_000;

/** Why a caller from the internet has no access: no password, a wrong one, or too many. */
export interface Unauthorized {
  status: 401 | 429;
  /** One sentence for the caller. */
  reason: string;
}

/**
 * Asks callers from the internet for a user name and password (HTTP Basic, RFC 7617).
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION if `credentials` is not `user:password`
 */
export class FunnelAuth {
  readonly #key = randomBytes(32);
  readonly #expected: Buffer;
  readonly #guesses = new Map<string, TokenBucket>();

  constructor(credentials: string) {
    if (!/^[^:]+:.+$/s.test(credentials)) {
      throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', 'Expected user:password for callers from the internet.', {
        suggestions: ['--funnel-auth "guest:$(openssl rand -base64 15)"'],
      });
    }
    this.#expected = this.#digest(credentials);
  }

  /** Returns why a request is not let through; undefined if it is. */
  check(identity: Identity, rawHeaders: readonly string[]): Unauthorized | undefined {
    // rule: callers of the tailnet need no password
    if (identity.kind !== 'funnel') return undefined;
    const given = credentialsOf(rawHeaders);
    // The right password passes even after too many wrong ones: people behind one NAT cannot lock each other out.
    // rule: the password is compared
    // mutate: timingSafeEqual(this.#digest(given), this.#expected) => true
    if (given !== undefined && timingSafeEqual(this.#digest(given), this.#expected)) return undefined;
    // rule: wrong guesses are counted, and limited
    if (given !== undefined && !this.#guessesOf(networkOf(identity.ip)).take()) {
      return { status: 429, reason: 'Too many wrong passwords from this address. Try again in a minute.' };
    }
    return { status: 401, reason: 'This app requires a password from callers on the internet.' };
  }

  /** Returns the headers without the password of a caller from the internet, which is not for the app. */
  withoutCredentials(identity: Identity, rawHeaders: readonly string[]): readonly string[] {
    if (identity.kind !== 'funnel') return rawHeaders;
    // rule: the password does not reach the app — mutate: 'authorization' => 'authorisation'
    return rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)]!.toLowerCase() !== 'authorization');
  }

  /** Digests all have the same length, so comparing them reveals nothing about the password. */
  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }

  #guessesOf(network: string): TokenBucket {
    const guesses = this.#guesses.get(network) ?? new TokenBucket(GUESSES);
    // Moves the network to the end, so that the first one is the oldest.
    this.#guesses.delete(network);
    // rule: the networks that are remembered are bounded
    if (this.#guesses.size >= MOST_NETWORKS) this.#guesses.delete(this.#guesses.keys().next().value!);
    this.#guesses.set(network, guesses);
    return guesses;
  }
}

/** Returns what counts as one caller: an IPv4 address, or an IPv6 /64, of which one caller has all addresses. */
export function networkOf(ip: string): string {
  const bare = ip.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(bare) !== 6) return bare;
  // The URL parser writes an address in its shortest form.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    groups.push(...Array<string>(8 - groups.length - rest.length).fill('0'), ...rest);
  }
  // rule: an IPv6 caller is a /64
  // mutate: groups.slice(0, 4) => groups
  return groups.slice(0, 4).join(':');
}

/** Returns `user:password` from the only Authorization header; undefined if there are several. */
function credentialsOf(rawHeaders: readonly string[]): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === 'authorization');
  // rule: of several passwords, none counts — mutate: values.length === 1 => values.length > 0
  const encoded = values.length === 1 ? /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(values[0]!)?.[1] : undefined;
  return encoded && Buffer.from(encoded, 'base64').toString('utf8');
}
