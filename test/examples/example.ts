import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

/** Runs an example in its own process, as Alice's node. */
export class Example {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(sandbox: Sandbox, file: string, env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, [join(EXAMPLES, file)], {
      env: { ...process.env, ...sandbox.env, TS_AUTHKEY: sandbox.authKey('alice'), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Returns the next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('The example has exited.');
    return value;
  }

  /** Skips lines that a framework prints until the wanted one. */
  async until(wanted: string): Promise<void> {
    while ((await this.line()) !== wanted);
  }

  /** Presses Ctrl-C and returns the exit code. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.exit();
  }

  /** Waits for the process to exit and returns the exit code. */
  async exit(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit();
  }
}
