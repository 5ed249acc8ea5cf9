/**
 * Limits how often something may happen: `burst` times at once, then `perSecond` times a second.
 *
 * @example
 * ```ts
 * const bucket = new TokenBucket({ burst: 8, perSecond: 1 });
 * if (bucket.take() > 0) console.log('too fast');
 * ```
 */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt = Date.now();

  constructor({ burst, perSecond }: { burst: number; perSecond: number }) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** Takes one token and returns 0; where there is none, returns the milliseconds until there is one. */
  take(): number {
    this.#refill();
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond);
    this.#tokens -= 1;
    return 0;
  }

  /** Whether nothing has been taken lately. */
  get full(): boolean {
    this.#refill();
    return this.#tokens >= this.#burst;
  }

  #refill(): void {
    const now = Date.now();
    // A clock set back gives nothing and takes nothing.
    const seconds = Math.max(0, now - this.#filledAt) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#perSecond);
    this.#filledAt = now;
  }
}
