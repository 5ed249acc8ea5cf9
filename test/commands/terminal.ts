import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isLeftOut } from '../requirement.ts';
import { ENTRY, type Surroundings } from './run.ts';

export const noTmux = isLeftOut('tmux', spawnSync('tmux', ['-V']).status === 0, 'apt-get install tmux');

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Whether the program is a job of an interactive shell, whose prompt is `$ `. @default false */
  shell?: boolean;
}

/** The program in a real terminal: a pane of a tmux server of its own. */
export class Terminal implements AsyncDisposable {
  readonly #tmux: string[];
  readonly #control: ChildProcess;
  readonly #started: Promise<unknown>;

  constructor(
    surroundings: Surroundings,
    args: string[],
    env: NodeJS.ProcessEnv = {},
    { columns = 100, rows = 40, shell = false }: TerminalOptions = {},
  ) {
    this.#tmux = ['-S', join(surroundings.root, 'tmux'), '-f', '/dev/null'];
    const words = [process.execPath, ENTRY, ...args].map((word) => `'${word}'`).join(' ');
    const line = `${words}; echo "exit code $?"`;
    const script = shell ? `exec env PS1='$ ' bash --norc --noprofile -i` : `${line}; exec cat`;
    const size = ['-x', String(columns), '-y', String(rows)];
    // Control mode reports when the pane prints something.
    this.#control = spawn('tmux', [...this.#tmux, '-C', 'new-session', ...size, script], {
      cwd: join(surroundings.root, 'work'),
      env: { ...surroundings.env, ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8', HISTFILE: '' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.resize(columns, rows);
    this.#started = once(this.#control.stdout!, 'data');
    if (shell) void this.#startInShell(line);
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

  /** Presses keys, such as `C-c`. */
  press(...keys: string[]): void {
    execFileSync('tmux', [...this.#tmux, 'send-keys', ...keys]);
  }

  /** Runs a command of tmux itself, and returns what it prints. */
  tmux(...words: string[]): string {
    return execFileSync('tmux', [...this.#tmux, ...words], { encoding: 'utf8' });
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

  async #startInShell(line: string): Promise<void> {
    await this.until(/^\$/m);
    // Fills the scrollback, so that a loss of it is noticed.
    this.press('seq 40', 'Enter');
    await this.until(/^40$/m);
    this.press(line, 'Enter');
  }

  #capture(...flags: string[]): string {
    return execFileSync('tmux', [...this.#tmux, 'capture-pane', '-p', '-S', '-', ...flags], { encoding: 'utf8' });
  }
}
