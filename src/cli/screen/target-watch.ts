import { listens } from '../../proxy/target/probe.ts';
import type { Target } from '../../proxy/target/target-types.ts';

/** How often to look while everything is up, and while something is down, in milliseconds. */
const UP_MS = 5000;
const DOWN_MS = 1000;

/** Looks from time to time whether targets accept connections. */
export class TargetWatch {
  readonly #targets: readonly Target[];
  readonly #onDown: (down: string[]) => void;
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #isClosed = false;

  /** @param onDown Called with the URLs of those that do not, after every look. */
  constructor(targets: readonly Target[], onDown: (down: string[]) => void) {
    // Content without an app is always there.
    this.#targets = targets.filter(({ local }) => !local);
    this.#onDown = onDown;
    void this.check();
  }

  /** Looks now. */
  async check(): Promise<void> {
    if (this.#isChecking || this.#isClosed || this.#targets.length === 0) return;
    this.#isChecking = true;
    clearTimeout(this.#timer);
    const up = await Promise.all(this.#targets.map(listens));
    this.#isChecking = false;
    if (this.#isClosed) return;
    const down = this.#targets.filter((_, index) => !up[index]).map(({ url }) => url);
    this.#onDown(down);
    this.#timer = setTimeout(() => void this.check(), down.length > 0 ? DOWN_MS : UP_MS).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
