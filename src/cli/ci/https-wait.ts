import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';
import type { Exposure } from '../../expose/expose.ts';

/** How long a certificate may take, in milliseconds. After that, the preview goes on with HTTP. */
const LONGEST_MS = 30_000;

/** Waits until a preview has HTTPS, or cannot have it for now. */
export class HttpsWait {
  #settle = () => {};
  readonly #settled = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  /** Takes note of what happens to the preview. */
  observe(event: ExposeEvent): void {
    const failed = event.event === 'warning' && ['CERTIFICATE', 'HTTPS'].includes(event.code);
    if (failed || event.event === 'addresses') this.#settle();
  }

  /** @throws an `AbortError` when the signal fires */
  async wait({ urls }: Exposure, signal: AbortSignal): Promise<void> {
    if (urls.some((url) => url.startsWith('https:'))) return;
    const enough = new AbortController();
    const all = AbortSignal.any([signal, enough.signal]);
    await Promise.race([this.#settled, sleep(LONGEST_MS, undefined, { signal: all }).catch(() => {})]);
    enough.abort();
    if (signal.aborted) throw abortError(signal);
  }
}
