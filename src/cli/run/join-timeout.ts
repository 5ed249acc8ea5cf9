import type { TsexposeError } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';
import { upTimedOut } from '../../tailnet/start/up-failure.ts';

/**
 * Limits how long a command in a terminal waits for the tailnet. The limit ends as soon as a person is needed, who has
 * a login page to open or an admin to find.
 */
export class JoinTimeout implements Disposable {
  readonly #ms: number;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #lastWarning = '';

  /** @param ms Milliseconds; 0 for no limit. */
  constructor(ms = 60_000) {
    this.#ms = ms;
    if (ms > 0) this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  /** Fires when the time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Takes note of an event of the starting node. */
  observe(event: ExposeEvent): void {
    if (event.event === 'warning') this.#lastWarning = event.message;
    const needsPerson = event.event === 'login' || (event.event === 'state' && event.state === 'needs-approval');
    if (needsPerson) clearTimeout(this.#timer);
  }

  /** The error to throw when the time is up. */
  get error(): TsexposeError {
    return upTimedOut(this.#ms, 'starting', this.#lastWarning ? [this.#lastWarning] : []);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
