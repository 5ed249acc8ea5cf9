/** What is wrong with a target, told to the person who runs it: once per trouble, not once per request. */
import type { Failure } from '../target/diagnose.ts';
import type { Target } from '../target/target-types.ts';

/** What is told. */
export type HealthWarning = Pick<Failure, 'code' | 'message' | 'suggestions'>;

// A trouble that lasts, or that callers bring about on purpose, must not fill the log.
const AGAIN_MS = 60_000;
// Long polls are silent all day.
const SILENT_AGAIN_MS = 600_000;

/** Turns the failures of one target into warnings. */
export class TargetHealth {
  readonly #target: Target;
  readonly #onWarning: (warning: HealthWarning) => void;
  readonly #told = new Map<string, number>();
  #outage = false;

  constructor(target: Target, onWarning: (warning: HealthWarning) => void) {
    this.#target = target;
    this.#onWarning = onWarning;
  }

  /** Notes a response: the next outage is news again. */
  onResponse(): void {
    this.#outage = false;
  }

  /** Notes a request that got no response. */
  onFailure(failure: Failure): void {
    // The proxy is shutting down.
    if (failure.status === 503) return;
    if (!failure.outage) {
      this.#warn(failure.error, failure);
    } else if (!this.#outage) {
      this.#outage = true;
      this.#onWarning({ code: failure.code, message: failure.message, suggestions: failure.suggestions });
    }
  }

  /** Notes a response that broke off; returns the error in the terms of RFC 9209, if the target is at fault. */
  onBreak({ status }: Failure): string | undefined {
    if (status === 503) return undefined;
    const error = 'http_response_incomplete';
    this.#warn(error, {
      code: 'TARGET_RESPONSE_INCOMPLETE',
      message: `${this.#at} broke off a response before its end.`,
      suggestions: ['Look for a crash or a timeout in the log of the app.'],
    });
    return error;
  }

  /** Notes a target that has not responded to a request for some milliseconds. `most` is how long callers wait. */
  onSilence(ms: number, most: number): void {
    const wait = most === 0 ? 'as long as it takes' : `up to ${most / 1000} seconds`;
    this.#warn(
      'silence',
      {
        code: 'TARGET_SILENT',
        message: `${this.#at} has not responded to a request for ${ms / 1000} seconds.`,
        suggestions: [`If it hangs, restart it. If it is only slow, ignore this: callers wait ${wait}.`],
      },
      SILENT_AGAIN_MS,
    );
  }

  get #at(): string {
    return this.#target.socketPath ?? this.#target.authority;
  }

  #warn(kind: string, { code, message, suggestions }: HealthWarning, again = AGAIN_MS): void {
    const now = performance.now();
    const last = this.#told.get(kind);
    if (last !== undefined && now - last < again) return;
    this.#told.set(kind, now);
    this.#onWarning({ code, message, suggestions });
  }
}
