import { EXIT } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';
import type { Shutdown } from '../run/shutdown.ts';
import { inWords } from './report/markdown.ts';

export interface LimitOptions {
  /** How long the preview may stay, in milliseconds. */
  ttl?: number | undefined;
  /** How long it may stay without a request, in milliseconds. */
  idle?: number | undefined;
}

/** Ends a preview that has been there for long enough, or that has not been used for a while. */
export class Limits implements Disposable {
  readonly #timers: NodeJS.Timeout[] = [];
  #idle: NodeJS.Timeout | undefined;

  /** Starts to measure. */
  start({ ttl, idle }: LimitOptions, shutdown: Shutdown): void {
    const endAfter = (ms: number, reason: string) =>
      setTimeout(() => shutdown.end({ reason, exit: EXIT.done }), ms).unref();
    if (ttl !== undefined) this.#timers.push(endAfter(ttl, `it has been up for ${inWords(ttl)} (--ttl)`));
    if (idle === undefined) return;
    this.#idle = endAfter(idle, `there was no request for ${inWords(idle)} (--idle)`);
    this.#timers.push(this.#idle);
  }

  /** Takes note of what callers do. */
  observe({ event }: ExposeEvent): void {
    if (event === 'request' || event === 'connection') this.#idle?.refresh();
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
