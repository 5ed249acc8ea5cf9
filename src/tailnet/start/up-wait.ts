/** The wait of `up`: it ends with a timeout, with a failure, or with the caller's signal. */
export class UpWait implements Disposable {
  /** Fires when the wait ends early. */
  readonly signal: AbortSignal;
  readonly #own = new AbortController();
  readonly #given: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param options.timeout Milliseconds; 0 for no limit. `@default` 60_000
   * @param timedOut Returns the error of a timeout.
   */
  constructor(
    { signal, timeout = 60_000 }: { signal?: AbortSignal | undefined; timeout?: number | undefined },
    timedOut: (timeout: number) => Error,
  ) {
    this.#given = signal;
    this.signal = signal ? AbortSignal.any([signal, this.#own.signal]) : this.#own.signal;
    if (timeout > 0) this.#timer = setTimeout(() => this.fail(timedOut(timeout)), timeout);
  }

  /** Ends the wait with an error. */
  fail(error: Error): void {
    this.#own.abort(error);
  }

  /** Returns the error that ended the wait, of which `error` is what a canceled call rejected with. */
  explain(error: unknown): unknown {
    return this.#own.signal.aborted && !this.#given?.aborted ? this.#own.signal.reason : error;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
