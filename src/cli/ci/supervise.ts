/**
 * A job that is canceled is killed, with everything in its process group, before a node could leave the tailnet. So the
 * command is two processes: the one that the job started waits, and the node is in another, in a session of its own. The
 * second one shuts down when the first one ends, however that happened, because their pipe ends with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { EXIT } from '../../errors.ts';
import { Interrupts } from '../run/interrupts.ts';
import type { Shutdown } from '../run/shutdown.ts';
import { Ancestors } from './ancestors.ts';

/** Tells the second process what it is. */
const SUPERVISED = 'TSEXPOSE_CI_SUPERVISED';
/** How long the second process may take to shut down once the first one has ended, in milliseconds. */
const LONGEST_END_MS = 30_000;

/** Returns whether this is the second process. */
export function isSupervised(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[SUPERVISED] !== undefined;
}

/** Runs this command line again in a session of its own; resolves with its exit code. */
export async function supervise(): Promise<number> {
  using interrupts = new Interrupts();
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    // A GitHub runner kills what it finds with its own tracking ID, at the end of a job.
    env: { ...process.env, [SUPERVISED]: '1', RUNNER_TRACKING_ID: '' },
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  child.stdin!.on('error', () => {}); // it may have ended first
  interrupts.signal.addEventListener('abort', () => child.stdin!.end('interrupted'));
  using _ = new Ancestors(() => child.stdin!.end());
  return await exitCode(child);
}

async function exitCode(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? EXIT.failed;
}

/** Begins the shutdown of the second process when the first one asks for it or has ended. */
export function endWithSupervisor(shutdown: Shutdown): void {
  delete process.env[SUPERVISED];
  let said = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  process.stdin.once('close', () => {
    const reason = said || 'the process that started this one has ended';
    shutdown.end({ reason, exit: EXIT.interrupted });
    setTimeout(() => process.exit(EXIT.interrupted), LONGEST_END_MS).unref();
  });
}
