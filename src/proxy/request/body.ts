/** The body of a caller's request on its way to the upstream. */
import { Readable } from 'node:stream';
import type { CallerRequest } from './http-types.ts';

/** What a body reports. */
export interface BodyHooks {
  /** Called when the upstream is connected and ready for the first byte, which is the time for `100 Continue`. */
  onWanted(): void;
  /** Called when the caller has sent nothing for too long. */
  onSilence(): void;
  /** How long too long is, in milliseconds; 0 for no limit. */
  silence: number;
}

/**
 * Stands between the caller's request and undici, which destroys a body that the upstream does not read to the end. The
 * caller's connection has to survive that to carry the response.
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

  /** What the caller sent after the body, available once the body has ended. */
  get trailers(): readonly string[] {
    return this.#request.rawTrailers;
  }

  override _read(): void {
    if (!this.#started) this.#start();
    else this.#request.resume();
    // While the upstream is the slow one, the caller is not to blame.
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
    // rule: a body is not read faster than the upstream takes it
    // mutate: if (!this.push(chunk)) this.#request.pause() => this.push(chunk)
    if (!this.push(chunk)) this.#request.pause();
  };

  #onEnd = (): void => {
    clearTimeout(this.#timer);
    this.push(null);
  };

  #onClose = (): void => {
    if (!this.#request.complete) this.destroy(new Error('The caller went away in the middle of the request body'));
  };
}

// What an upload may still cost after its response: enough for a form, not for a movie.
const DRAIN_BYTES = 8 * 1024 * 1024;
const DRAIN_MS = 5_000;

/**
 * Reads and drops the rest of a body, so that the caller gets to read its response. Calls `giveUp` if there is too much
 * of it.
 */
export function drainBody(request: CallerRequest, giveUp: () => void = () => request.destroy()): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(giveUp, DRAIN_MS).unref();
  let left = DRAIN_BYTES;
  request
    .on('data', (chunk: Buffer) => {
      left -= chunk.length;
      // rule: an unwanted body is not read without end
      if (left < 0) giveUp();
    })
    .once('close', () => clearTimeout(timer))
    .once('end', () => clearTimeout(timer))
    .resume();
}
