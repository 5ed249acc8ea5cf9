import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The state directory of a node that keeps none. It goes with the process, also when a second Ctrl-C cuts that short. */
export class TemporaryState implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'tsexpose-'));

  constructor() {
    process.once('exit', this.#remove);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove);
    this.#remove();
  }

  // A node that is cut short may still be writing: files that appear meanwhile are removed as well.
  #remove = (): void => rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
}
