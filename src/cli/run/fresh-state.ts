import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The state directory of a node, if this process is the first to use it. A node that never logs in leaves nothing of
 * use there but a machine key, and without this every mistyped auth key would leave a directory behind.
 */
export class FreshState {
  readonly #directory: string;
  /** The topmost directory that did not exist before; undefined when all did. */
  readonly #made: string | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    try {
      this.#made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch {
      // The node says it better.
    }
  }

  /** Removes what this process has made, unless the node has logged in. */
  removeUnused(): void {
    if (this.#made === undefined || hasLoggedIn(this.#directory)) return;
    rmSync(this.#directory, { recursive: true, force: true });
    try {
      // The directories above it go as long as nobody else has put anything there.
      for (let path = this.#directory; path !== this.#made; ) {
        path = dirname(path);
        rmdirSync(path);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}

/** Whether the node of a state directory has ever logged in; with that it gets a profile. */
export function hasLoggedIn(directory: string): boolean {
  try {
    return '_current-profile' in JSON.parse(readFileSync(join(directory, 'tailscaled.state'), 'utf8'));
  } catch {
    return false;
  }
}
