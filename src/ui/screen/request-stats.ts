import type { RequestEvent } from '../../events.ts';

/** How many of the last requests the percentiles are taken from. */
const SAMPLE = 1000;
/** How long ago a request may be to count for the rate, in seconds. */
const WINDOW_S = 5;

/** How much is going on. */
export interface Traffic {
  /** Requests and connections so far. */
  total: number;
  /** Requests a second, lately. */
  rate: number;
  /** Half of the latest requests took at most this long, in milliseconds; undefined before the first. */
  p50?: number;
  /** 99 of 100 took at most this long. */
  p99?: number;
}

/** Counts requests and measures how long they take. Memory does not grow with their number. */
export class RequestStats {
  #total = 0;
  readonly #durations = new Float64Array(SAMPLE);
  #measured = 0;
  #first: number | undefined;
  /** Requests in each of the last seconds, by the second. */
  readonly #bySecond = new Map<number, number>();

  /** @param now In milliseconds. */
  add(event: Pick<RequestEvent, 'ms'> | undefined, now: number): void {
    this.#total++;
    const second = Math.floor(now / 1000);
    this.#first ??= second;
    this.#bySecond.set(second, (this.#bySecond.get(second) ?? 0) + 1);
    if (this.#bySecond.size > WINDOW_S + 1) this.#forget(second);
    if (event) this.#durations[this.#measured++ % SAMPLE] = event.ms;
  }

  /** @param now In milliseconds. */
  traffic(now: number): Traffic {
    // The second in progress is not complete.
    const second = Math.floor(now / 1000);
    this.#forget(second);
    let recent = 0;
    for (const [at, count] of this.#bySecond) if (at < second) recent += count;
    const seconds = Math.min(WINDOW_S, Math.max(1, second - (this.#first ?? second)));
    const sorted = this.#durations.slice(0, Math.min(this.#measured, SAMPLE)).sort();
    const [p50, p99] = [0.5, 0.99].map((part) => sorted[Math.ceil(sorted.length * part) - 1]);
    return {
      total: this.#total,
      rate: recent / seconds,
      ...(p50 !== undefined && { p50 }),
      ...(p99 !== undefined && { p99 }),
    };
  }

  #forget(second: number): void {
    for (const at of this.#bySecond.keys()) if (at < second - WINDOW_S) this.#bySecond.delete(at);
  }
}
