import { EXIT } from '../../errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm and npx forward the Ctrl-C that the terminal has already sent to every process. Two signals closer together
 * than this, in milliseconds, are one keystroke.
 */
const ONE_KEYSTROKE = 200;

/**
 * Listens for SIGINT (Ctrl-C), SIGTERM and SIGHUP. The first signal starts a graceful shutdown; a second one exits
 * immediately.
 */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #force: () => void;
  #firstAt = 0;

  constructor(force: () => void = () => process.exit(EXIT.interrupted)) {
    this.#force = force;
    for (const name of SIGNALS) process.on(name, this.#receive);
  }

  /** Fires with the first signal; the reason is the signal's name. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A Ctrl-C that was read as a key: each is a keystroke of its own. */
  readonly press = (): void => {
    if (this.signal.aborted) this.#force();
    else this.#receive('SIGINT');
  };

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
