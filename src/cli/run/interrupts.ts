import { EXIT } from '../../errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm and npx pass on the Ctrl-C that the terminal has already sent to everybody; two signals this close together,
 * in milliseconds, are one keystroke.
 */
const ONE_KEYSTROKE = 200;

/**
 * Listens for Ctrl-C and its relatives: the first asks to leave, so that requests in flight end and an ephemeral node
 * logs out; a second one leaves at once.
 */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #force: () => void;
  #firstAt = 0;

  constructor(force: () => void = () => process.exit(EXIT.interrupted)) {
    this.#force = force;
    for (const name of SIGNALS) process.on(name, this.#receive);
  }

  /** Fires with the first signal, whose name is its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#receive);
  }

  #receive = (name: NodeJS.Signals): void => {
    const now = performance.now();
    if (!this.signal.aborted) {
      this.#firstAt = now;
      this.#controller.abort(name);
    } else if (now - this.#firstAt > ONE_KEYSTROKE) {
      this.#force();
    }
  };
}
