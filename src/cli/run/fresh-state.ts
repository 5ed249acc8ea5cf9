import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasLoggedIn } from '../../tailnet/start/state-file.ts';

/**
 * The state directory of a node that may be new. A node that never logs in leaves only a machine key there; without
 * this cleanup, every mistyped auth key would leave a directory behind.
 */
export class FreshState {
  readonly #directory: string;
  /** The topmost directory that this process created; undefined if they all existed. */
  readonly #made: string | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    try {
      // rule: a node's state can only be read by its owner — mutate: , mode: 0o700 =>
      this.#made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch {
      // The node reports the same error with more detail.
    }
  }

  /** Removes the directories that this process created, unless the node has logged in. */
  removeUnused(): void {
    if (this.#made === undefined || hasLoggedIn(this.#directory)) return;
    rmSync(this.#directory, { recursive: true, force: true });
    try {
      // Parent directories are removed only while they are empty.
      for (let path = this.#directory; path !== this.#made; ) {
        path = dirname(path);
        rmdirSync(path);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}
