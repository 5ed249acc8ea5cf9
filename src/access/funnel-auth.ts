/** A password for visitors from the internet. Callers of the tailnet are known without one. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { TsexposeError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { Refusal } from '../proxy/request/framing.ts';

// Enough for somebody who mistypes, and no more than a dozen guesses a minute from one address.
const TRIES = 10;
const WINDOW = 60_000;
/** Addresses that are remembered; beyond them the oldest is forgotten. */
const MOST_ADDRESSES = 10_000;

/**
 * Asks visitors from the internet for a user name and password (HTTP Basic, RFC 7617).
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION where `credentials` is not `user:password`
 */
export class FunnelAuth {
  readonly #key = randomBytes(32);
  readonly #expected: Buffer;
  readonly #failures = new Map<string, { count: number; until: number }>();

  constructor(credentials: string) {
    if (!/^[^:]+:.+$/s.test(credentials)) {
      throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', 'Expected user:password for visitors from the internet.', {
        suggestions: ['--funnel-auth "guest:$(openssl rand -base64 15)"'],
      });
    }
    this.#expected = this.#digest(credentials);
  }

  /** Why a request is not let through; undefined where it is. */
  check(identity: Identity, rawHeaders: readonly string[]): Refusal | undefined {
    if (identity.kind !== 'funnel') return undefined;
    const failures = this.#failures.get(identity.ip);
    if (failures && failures.until > Date.now() && failures.count >= TRIES) {
      return { status: 429, reason: 'Too many wrong passwords came from this address; wait a minute.' };
    }
    const given = credentialsOf(rawHeaders);
    if (given !== undefined && timingSafeEqual(this.#digest(given), this.#expected)) return undefined;
    if (given !== undefined) this.#note(identity.ip);
    return { status: 401, reason: 'This service asks visitors from the internet for a password.' };
  }

  /** The headers of a visitor from the internet without the password, which is not for the service. */
  withoutCredentials(identity: Identity, rawHeaders: readonly string[]): readonly string[] {
    if (identity.kind !== 'funnel') return rawHeaders;
    return rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)]!.toLowerCase() !== 'authorization');
  }

  /** Digests have one length, whatever was given: comparing them tells nothing about what was expected. */
  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }

  #note(ip: string): void {
    const now = Date.now();
    const before = this.#failures.get(ip);
    this.#failures.delete(ip);
    if (this.#failures.size >= MOST_ADDRESSES) this.#failures.delete(this.#failures.keys().next().value!);
    const count = before && before.until > now ? before.count + 1 : 1;
    this.#failures.set(ip, { count, until: now + WINDOW });
  }
}

/** `user:password` of the only Authorization header; none where there are several. */
function credentialsOf(rawHeaders: readonly string[]): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === 'authorization');
  const encoded = values.length === 1 ? /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(values[0]!)?.[1] : undefined;
  return encoded && Buffer.from(encoded, 'base64').toString('utf8');
}
