import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LogFile, olderPart } from './log-file.ts';
import { isRunning } from './process.ts';

/** How often to look at the log in any case, in milliseconds: some file systems do not report changes. */
const POLL_MS = 500;

/**
 * Passes on the lines that a log gets, until its process has ended or standard output is closed.
 *
 * @param end How much of the log was shown, in bytes.
 */
export async function followLog({ path, pid }: LogFile, end: number, onLine: (line: string) => void): Promise<void> {
  let open = true;
  let wake = () => {};
  process.stdout.once('error', () => {
    open = false;
    wake();
  });
  const watcher = watch(path, { persistent: false }, () => wake()).on('error', () => {});
  let at = end;
  try {
    for (let running = true; open && running; ) {
      // Asked before reading, so that the last lines are not missed.
      running = isRunning(pid);
      at = await readFrom(path, at, onLine);
      if (!running) break;
      const waiting = new AbortController();
      wake = () => waiting.abort();
      await sleep(POLL_MS, undefined, { signal: waiting.signal }).catch(() => {});
    }
  } finally {
    watcher.close();
  }
}

/** Passes on the complete lines from there, and returns where the next line begins. */
async function readFrom(path: string, start: number, onLine: (line: string) => void): Promise<number> {
  const end = await readLines(path, start, onLine);
  if (end !== undefined) return end;
  // The log was too long, and begins anew.
  await readLines(olderPart(path), start, onLine);
  return (await readLines(path, 0, onLine)) ?? 0;
}

/** Returns where the next line begins; undefined if the file is shorter than `start`. */
async function readLines(path: string, start: number, onLine: (line: string) => void): Promise<number | undefined> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size < start) return undefined;
  const bytes = Buffer.alloc(size - start);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  const end = bytes.subarray(0, bytesRead).lastIndexOf('\n') + 1;
  for (const line of bytes.subarray(0, end).toString().split('\n').slice(0, -1)) onLine(line);
  return start + end;
}
