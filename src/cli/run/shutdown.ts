import { EXIT } from '../../errors.ts';
import { Interrupts } from './interrupts.ts';

/** Why a command that stays up comes to its end. */
export interface EndingCause {
  /** In the words of the `closed` event. */
  reason: string;
  exit: number;
  /** What to tell, where the end is a failure. */
  error?: unknown;
}

/**
 * The end of a command that stays up until something ends it: a signal, a reader who has gone, a request through the
 * control socket. The first cause counts.
 */
export class Shutdown implements Disposable {
  readonly #controller = new AbortController();
  readonly #interrupts: Interrupts;
  #cause: EndingCause | undefined;

  constructor(interrupts: Interrupts = new Interrupts()) {
    this.#interrupts = interrupts;
    interrupts.signal.addEventListener('abort', () => this.end({ reason: 'interrupted', exit: EXIT.interrupted }));
  }

  /** Fires at the end, for whatever still waits. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it ends; undefined while it does not. */
  get cause(): EndingCause | undefined {
    return this.#cause;
  }

  /** Begins the end. */
  end(cause: EndingCause): void {
    this.#cause ??= cause;
    this.#controller.abort(this.#cause.reason);
  }

  /** Ends because nobody reads standard output any more, as after `| head`. */
  readonly endOutput = (): void => {
    const error = new Error('Expected somebody to read standard output, and it was closed.');
    this.end({
      reason: 'standard output was closed',
      exit: EXIT.failed,
      error: Object.assign(error, { code: 'EPIPE' }),
    });
  };

  /** Resolves with the cause. */
  async wait(): Promise<EndingCause> {
    if (!this.#cause) await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
    return this.#cause!;
  }

  [Symbol.dispose](): void {
    this.#interrupts[Symbol.dispose]();
  }
}
