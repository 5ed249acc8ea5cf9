import { TsexposeError } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';

/**
 * How long a terminal waits for the tailnet. Machines get a minute; a person who has a login page to open, or an admin
 * to find, gets as long as it takes.
 */
export class Patience implements Disposable {
  readonly #timeout: number;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #trouble = '';

  /** @param timeout Milliseconds; 0 for no limit. */
  constructor(timeout = 60_000) {
    this.#timeout = timeout;
    if (timeout > 0) this.#timer = setTimeout(() => this.#controller.abort(), timeout);
  }

  /** Fires when it has run out. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Takes note of what happens while the node starts. */
  notice(event: ExposeEvent): void {
    if (event.event === 'warning') this.#trouble = event.message;
    const person = event.event === 'login' || (event.event === 'state' && event.state === 'needs-approval');
    if (person) clearTimeout(this.#timer);
  }

  /** What to say when it has run out. */
  get error(): TsexposeError {
    const because = this.#trouble ? `: ${this.#trouble}` : '.';
    const message = `The node waited ${this.#timeout / 1000} s to join the tailnet${because}`;
    return new TsexposeError('ERR_TSEXPOSE_TIMEOUT', message, {
      suggestions: ['Check the network and --control-url, or allow more time with --timeout.'],
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
