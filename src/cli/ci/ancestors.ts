import { readFileSync } from 'node:fs';

/** How often to look whether they are still there, in milliseconds. */
const POLL_MS = 250;

/**
 * Calls back once a process above this one has ended: the shell of the step, npx, or the runner. A process whose parent
 * ends gets another one, so the chain of parents changes. Without /proc, only the parent itself is watched.
 */
export class Ancestors implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(onEnd: () => void) {
    const before = chain().join();
    this.#timer = setInterval(() => {
      if (chain().join() === before) return;
      clearInterval(this.#timer);
      onEnd();
    }, POLL_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Returns the PIDs of the processes above this one, the parent first. */
function chain(): number[] {
  const pids = [process.ppid];
  for (let pid = parentOf(process.ppid); pid !== undefined && pid > 0 && pids.length < 64; pid = parentOf(pid)) {
    pids.push(pid);
  }
  return pids;
}

function parentOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // The name of the program, in parentheses, may contain anything.
    const [, parent] = /^\) \S (\d+)/.exec(afterName(readFileSync(`/proc/${pid}/stat`, 'utf8'))) ?? [];
    return parent === undefined ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

const afterName = (stat: string) => stat.slice(stat.lastIndexOf(')'));
