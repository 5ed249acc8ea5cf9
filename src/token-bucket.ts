/** How often something may happen. */
export interface TokenBucketOptions {
  /** How many times at once. */
  burst: number;
  /** How many times a second in the long run. */
  perSecond: number;
}

/**
 * Limits how often something happens: `burst` times at once, then `perSecond` times a second.
 *
 * @example
 * ```ts
 * const bucket = new TokenBucket({ burst: 8, perSecond: 1 });
 * if (!bucket.take()) console.log(`Too fast. Try again in ${bucket.wait} ms.`);
 * ```
 */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt = performance.now();

  constructor({ burst, perSecond }: TokenBucketOptions) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** Takes a token if there is one. */
  take(): boolean {
    if (this.#available() < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Milliseconds until the next token; 0 if there is one now. */
  get wait(): number {
    return Math.ceil((Math.max(0, 1 - this.#available()) * 1000) / this.#perSecond);
  }

  /** Whether the bucket is as full as it gets, and so no different from a new one. */
  get full(): boolean {
    return this.#available() >= this.#burst;
  }

  #available(): number {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond);
    this.#filledAt = now;
    return this.#tokens;
  }
}
