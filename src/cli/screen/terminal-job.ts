import { execFileSync } from 'node:child_process';
import { statOf } from '../../proc.ts';

/** How a screen uses the keyboard while it has the terminal. */
export interface TerminalInput {
  take(): void;
  release(): void;
}

export interface TerminalJobOptions {
  input: TerminalInput;
  /** Called before the terminal is given back. */
  onRelease: () => void;
  /** Called when the terminal is here again. */
  onTake: () => void;
}

/**
 * This process as a job of a shell: it has the terminal while it is in the foreground, gives it back at Ctrl-Z, and takes it
 * again after `fg`. Setting up a terminal from the background would stop the process.
 */
export class TerminalJob {
  readonly #options: TerminalJobOptions;
  #hasTerminal = false;

  constructor(options: TerminalJobOptions) {
    this.#options = options;
    process.on('SIGTSTP', this.#stop).on('SIGCONT', this.#check);
    process.once('exit', this.#release);
    this.take();
  }

  /** Whether the terminal may be drawn on. */
  get hasTerminal(): boolean {
    return this.#hasTerminal;
  }

  /** Takes the terminal if this process is in the foreground by now. */
  take(): boolean {
    if (this.#hasTerminal || !isInForeground()) return false;
    this.#hasTerminal = true;
    this.#options.input.take();
    return true;
  }

  /** Gives the terminal back for good. */
  close(): void {
    process.off('SIGTSTP', this.#stop).off('SIGCONT', this.#check).off('exit', this.#release);
    if (this.#hasTerminal) this.#options.input.release();
    this.#hasTerminal = false;
  }

  #check = (): void => {
    if (this.take()) this.#options.onTake();
  };

  #release = (): void => {
    if (!this.#hasTerminal) return;
    this.#options.onRelease();
    this.#options.input.release();
    this.#hasTerminal = false;
  };

  #stop = (): void => {
    this.#release();
    process.kill(process.pid, 'SIGSTOP');
  };
}

/** Stops this process and those that it was started by, such as npm, as Ctrl-Z does outside raw mode. */
export function stopJob(): void {
  process.kill(0, 'SIGTSTP');
}

/** Returns whether this process has its terminal, rather than the shell or another job. */
function isInForeground(): boolean {
  try {
    const { group, foreground } = statOf('self') ?? statOfPs();
    // A terminal of another session has no foreground job.
    return !(foreground > 0) || group === foreground;
  } catch {
    return true;
  }
}

/** What `ps` says where there is no /proc. */
function statOfPs(): { group: number; foreground: number } {
  const args = ['-o', 'pgid=,tpgid=', '-p', String(process.pid)];
  const [group, foreground] = execFileSync('ps', args, { encoding: 'utf8' }).trim().split(/\s+/).map(Number);
  return { group: group!, foreground: foreground! };
}
