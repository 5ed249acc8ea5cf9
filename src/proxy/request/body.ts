/** The body of a visitor's request on its way to the service. */
import { Readable } from 'node:stream';
import type { CallerRequest } from './http-types.ts';

/** What happens around a body. */
export interface BodyHooks {
  /** Called when the service is connected and ready for the first byte: the time for `100 Continue`. */
  onWanted(): void;
  /** Called when the visitor has sent nothing for too long. */
  onSilence(): void;
  /** Milliseconds of silence that are too long; 0 for none. */
  silence: number;
}

/**
 * Stands between the visitor's request and undici, which destroys a body that the service does not want to the end:
 * the visitor's connection has to survive that to carry the service's answer.
 */
export class RequestBody extends Readable {
  readonly #request: CallerRequest;
  readonly #hooks: BodyHooks;
  #started = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: CallerRequest, hooks: BodyHooks) {
    super({ highWaterMark: 64 * 1024 });
    this.#request = request;
    this.#hooks = hooks;
  }

  /** What the visitor sent after the body; there when the body has ended. */
  get trailers(): readonly string[] {
    return this.#request.rawTrailers;
  }

  override _read(): void {
    if (!this.#started) this.#start();
    else this.#request.resume();
    // While the service is the slow one, the visitor is not to blame.
    this.#timer?.refresh();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    callback(error);
  }

  #start(): void {
    this.#started = true;
    this.#hooks.onWanted();
    if (this.#hooks.silence > 0) {
      this.#timer = setTimeout(() => {
        if (!this.#request.isPaused()) this.#hooks.onSilence();
      }, this.#hooks.silence).unref();
    }
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
  }

  #onData = (chunk: Buffer): void => {
    this.#timer?.refresh();
    if (!this.push(chunk)) this.#request.pause();
  };

  #onEnd = (): void => {
    clearTimeout(this.#timer);
    this.push(null);
  };

  #onClose = (): void => {
    if (!this.#request.complete) this.destroy(new Error('The visitor went away in the middle of the request body'));
  };
}

// What an upload may still cost after its answer: enough for a form, not for a film.
const DRAIN_BYTES = 8 * 1024 * 1024;
const DRAIN_MS = 5_000;

/**
 * Reads the rest of a body that nobody wants any more, so that the visitor gets to read its answer, and closes the
 * connection where the rest is too much.
 */
export function drainBody(request: CallerRequest, giveUp: () => void = () => request.destroy()): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(giveUp, DRAIN_MS).unref();
  let left = DRAIN_BYTES;
  request
    .on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) giveUp();
    })
    .once('close', () => clearTimeout(timer))
    .once('end', () => clearTimeout(timer))
    .resume();
}
