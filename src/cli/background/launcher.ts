import { once } from 'node:events';
import type { ExposeEvent } from '../../events.ts';
import type { ErrorFacts } from '../../ui/error-text.ts';
import type { Door } from '../../ui/screen/door-list.tsx';

/** Tells a process that it runs in the background, as a {@link Place}. */
export const BACKGROUND = 'TSEXPOSE_BACKGROUND';

/** What a process in the background is told. */
export interface Place {
  /** Path of its log, up to its process ID. */
  stem: string;
  /** Whether a person watches the start, and can open a login page. */
  watched: boolean;
}

/** What a process in the background tells the one that started it, until its app is on the tailnet. */
export type Progress =
  | { event: ExposeEvent }
  | { doors: Door[] }
  | { line: string }
  | { error: ErrorFacts }
  | { up: true };

/** The process that started this one in the background, and shows how it starts. */
export class Launcher {
  /** Where the output of this process goes. */
  readonly log: string;
  /** Whether a person watches the start, and can open a login page. */
  readonly watched: boolean;
  #onGone: (() => void) | undefined;

  constructor({ stem, watched }: Place) {
    this.log = `${stem}${process.pid}.log`;
    this.watched = watched;
  }

  /** Calls back if it ends before this process is up: then it is not known that this process runs. */
  onGone(callback: () => void): void {
    this.#onGone = callback;
    process.once('disconnect', callback);
  }

  /** Tells it about the start; resolves when it has been sent. */
  async tell(progress: Progress): Promise<void> {
    if (!process.connected) return;
    await new Promise<void>((resolve) => process.send!(progress, undefined, undefined, () => resolve()));
  }

  /** Tells it that this process is up, and continues without it. */
  async release(): Promise<void> {
    if (!process.connected) return;
    await this.tell({ up: true });
    if (this.#onGone) process.off('disconnect', this.#onGone);
    const disconnected = once(process, 'disconnect');
    process.disconnect();
    await disconnected;
  }
}

let known: { launcher: Launcher | undefined } | undefined;

/** Returns the process that started this one in the background; undefined in the foreground. */
export function launcher(): Launcher | undefined {
  if (known === undefined) {
    const place = process.env[BACKGROUND];
    // The app that this process starts is not in the background.
    delete process.env[BACKGROUND];
    known = { launcher: place ? new Launcher(JSON.parse(place)) : undefined };
  }
  return known.launcher;
}
