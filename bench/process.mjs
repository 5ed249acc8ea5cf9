// What a process uses, read from /proc.
import { readFileSync } from 'node:fs';

/** Returns the CPU time (user and system) that a process has used so far, in microseconds. */
export function cpuTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Returns the resident memory of a process in kB. */
export function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** Runs an action and returns its result with the CPU time of a process in that time and the most memory it had. */
export async function watched(pid, action) {
  let most = memory(pid);
  const before = cpuTime(pid);
  const sampler = setInterval(() => {
    try {
      most = Math.max(most, memory(pid));
    } catch {
      clearInterval(sampler); // it has exited, which fails the action
    }
  }, 200);
  try {
    const result = await action();
    return { result, cpu: cpuTime(pid) - before, most: Math.max(most, memory(pid)) };
  } finally {
    clearInterval(sampler);
  }
}
