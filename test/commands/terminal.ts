import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isLeftOut } from '../requirement.ts';
import { ENTRY, type Surroundings } from './run.ts';

export const noTmux = isLeftOut('tmux', spawnSync('tmux', ['-V']).status === 0, 'apt-get install tmux');

/** The program in a real terminal: a pane of a tmux server of its own. */
export class Terminal implements AsyncDisposable {
  readonly #tmux: string[];
  readonly #control: ChildProcess;
  readonly #started: Promise<unknown>;

  constructor(surroundings: Surroundings, args: string[], env: NodeJS.ProcessEnv = {}) {
    this.#tmux = ['-S', join(surroundings.root, 'tmux'), '-f', '/dev/null'];
    const words = [process.execPath, ENTRY, ...args].map((word) => `'${word}'`).join(' ');
    const shell = `${words}; echo "exit code $?"; exec cat`;
    // Control mode reports when the pane prints something.
    this.#control = spawn('tmux', [...this.#tmux, '-C', 'new-session', '-x', '100', '-y', '40', shell], {
      cwd: join(surroundings.root, 'work'),
      env: { ...surroundings.env, ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#control.stdin!.write('refresh-client -C 100x40\n');
    this.#started = once(this.#control.stdout!, 'data');
    createInterface({ input: this.#control.stdout! }).on('line', () => this.#control.emit('output'));
  }

  /** The text of the pane, including what scrolled away. */
  get text(): string {
    return this.#capture();
  }

  /** The same with its escape sequences. */
  get colored(): string {
    return this.#capture('-e');
  }

  /** Waits until the pane shows something, and returns the match. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#started;
    for (;;) {
      const match = this.#control.exitCode === null ? pattern.exec(this.text) : undefined;
      if (match) return match;
      if (this.#control.exitCode !== null) throw new Error(`The terminal ended before it showed ${pattern}.`);
      await once(this.#control, 'output');
    }
  }

  /** Presses a key, such as `C-c`. */
  press(key: string): void {
    execFileSync('tmux', [...this.#tmux, 'send-keys', key]);
  }

  /** Resizes the window. */
  resize(columns: number, rows: number): void {
    this.#control.stdin!.write(`refresh-client -C ${columns}x${rows}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started;
    const exit = once(this.#control, 'exit');
    execFileSync('tmux', [...this.#tmux, 'kill-server']);
    await exit;
  }

  #capture(...flags: string[]): string {
    return execFileSync('tmux', [...this.#tmux, 'capture-pane', '-p', '-S', '-', ...flags], { encoding: 'utf8' });
  }
}
