import { isatty } from 'node:tty';
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
  /** What SIGHUP does in place of a shutdown, unless the terminal is gone. @default a shutdown */
  onHangup: (() => void) | undefined;
  readonly #terminals = [0, 1, 2].filter((fd) => isatty(fd));
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
    if (name === 'SIGHUP' && this.onHangup && !this.signal.aborted && this.#terminals.every((fd) => isatty(fd))) {
      this.onHangup();
      return;
    }
    const now = performance.now();
    if (!this.signal.aborted) {
      this.#firstAt = now;
      this.#controller.abort(name);
    } else if (now - this.#firstAt > ONE_KEYSTROKE) {
      this.#force();
    }
  };
}
