import { readFile } from 'node:fs/promises';
import { olderPart } from './log-file.ts';

/** The end of a log. */
export interface LastLines {
  lines: string[];
  /** How much of the log was read, in bytes: up to its last complete line. */
  end: number;
}

/** Returns the last complete lines of a log, or all of them. */
export async function lastLines(path: string, count = Number.POSITIVE_INFINITY): Promise<LastLines> {
  const older = await readFile(olderPart(path)).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    return Buffer.alloc(0);
  });
  const current = await readFile(path);
  const end = current.lastIndexOf('\n') + 1;
  const lines = Buffer.concat([older, current.subarray(0, end)])
    .toString()
    .split('\n')
    .slice(0, -1);
  return { lines: count === 0 ? [] : lines.slice(-count), end };
}
