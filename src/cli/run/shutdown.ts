import { EXIT, TsexposeError } from '../../errors.ts';
import { Interrupts } from './interrupts.ts';

/** Why a command that stays up shuts down. */
export interface ShutdownCause {
  /** The text of the `closed` event. */
  reason: string;
  exit: number;
  /** The error to print, if the shutdown is a failure. */
  error?: unknown;
}

/**
 * The shutdown of a command that stays up: by a signal, a closed standard output, or a request through the control
 * socket. The first cause counts.
 */
export class Shutdown implements Disposable {
  readonly #controller = new AbortController();
  readonly #interrupts: Interrupts;
  #cause: ShutdownCause | undefined;

  constructor(interrupts: Interrupts = new Interrupts()) {
    this.#interrupts = interrupts;
    interrupts.signal.addEventListener('abort', () => this.end({ reason: 'interrupted', exit: EXIT.interrupted }));
    process.on('uncaughtException', this.#fail);
  }

  /** Fires when the shutdown begins, and cancels whatever is still pending. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The cause; undefined before the shutdown. */
  get cause(): ShutdownCause | undefined {
    return this.#cause;
  }

  /** Sets what SIGHUP does in place of a shutdown, unless the terminal is gone. */
  set onHangup(act: () => void) {
    this.#interrupts.onHangup = act;
  }

  /** Begins the shutdown. */
  end(cause: ShutdownCause): void {
    this.#cause ??= cause;
    this.#controller.abort(this.#cause.reason);
  }

  /** What a screen calls. */
  get screenHandlers() {
    return { onClosed: this.endOutput, onInterrupt: this.#interrupts.press };
  }

  /** Begins the shutdown because standard output was closed, as by `| head`. */
  readonly endOutput = (): void => {
    this.end({
      reason: 'standard output was closed',
      exit: EXIT.failed,
      error: Object.assign(new Error('Standard output was closed.'), { code: 'EPIPE' }),
    });
  };

  /** A defect, after which the node should not stay on the tailnet; what it leaves behind is unknown. */
  readonly #fail = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.end({
      reason: 'an unexpected error',
      exit: EXIT.failed,
      error: isExplained(error) ? error : new TsexposeError('ERR_TSEXPOSE_INTERNAL', text),
    });
  };

  /** Resolves with the cause when the shutdown begins. */
  async wait(): Promise<ShutdownCause> {
    if (!this.#cause) await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
    return this.#cause!;
  }

  [Symbol.dispose](): void {
    process.off('uncaughtException', this.#fail);
    this.#interrupts[Symbol.dispose]();
  }
}

/** Returns whether an error is not a defect: one of ours, or a limit of the process. */
function isExplained(error: unknown): error is Error {
  return error instanceof TsexposeError || (error as NodeJS.ErrnoException | undefined)?.code === 'EMFILE';
}

/** Returns the cause of a shutdown by a node that has closed by itself, which may know why. */
export function nodeStopped(
  failure: Error | undefined,
  error = failure ?? new TsexposeError('ERR_TSEXPOSE_NODE_CLOSED', 'The node stopped unexpectedly.'),
): ShutdownCause {
  return { reason: 'the node stopped', exit: EXIT.failed, error };
}
