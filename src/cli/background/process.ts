import { setTimeout as sleep } from 'node:timers/promises';

/** How often to look whether a process has ended, in milliseconds. */
const POLL_MS = 50;

/** Returns whether a process of this user is running. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // There is none, or another user has got its ID since.
    return false;
  }
}

/** Waits until a process has ended; resolves with false if it is still running after `timeout` milliseconds. */
export async function untilEnded(pid: number, timeout: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + timeout;
  while (isRunning(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS, undefined, { signal });
  }
  return true;
}
