import { statOf, wordsOf } from '../../proc.ts';

/** How often to look whether they are still there, in milliseconds. */
const POLL_MS = 250;
/** Variables that each process of a job inherits, and no other process has. */
const JOB_VARIABLES = ['GITHUB_RUN_ID', 'CI_JOB_ID', 'BUILDKITE_JOB_ID'];

/**
 * Calls back once a process of the job above this one has ended: the shell of the step, npx, or what started them. A
 * process whose parent ends gets another one, so the chain of parents changes. What is above the job is left out, because
 * a runner may have been started by a shell that ends. Without /proc, or outside a job, only the parent is watched.
 */
export class Ancestors implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(onEnd: () => void, env: NodeJS.ProcessEnv = process.env) {
    const name = JOB_VARIABLES.find((name) => env[name]);
    const mark = name && `${name}=${env[name]}`;
    const before = chain(mark).join();
    this.#timer = setInterval(() => {
      if (chain(mark).join() === before) return;
      clearInterval(this.#timer);
      onEnd();
    }, POLL_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Returns the PIDs of the processes above this one, the parent first, up to the one that has started the job. */
function chain(mark: string | undefined): number[] {
  const pids = [process.ppid];
  for (let pid: number | undefined = process.ppid; mark && isOfJob(pid, mark) && pids.length < 64; ) {
    pid = statOf(pid)?.parent;
    if (pid === undefined) break;
    pids.push(pid);
  }
  return pids;
}

function isOfJob(pid: number, mark: string): boolean {
  return wordsOf(pid, 'environ').includes(mark);
}
