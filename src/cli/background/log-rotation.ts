import { copyFileSync, fstatSync, ftruncateSync } from 'node:fs';
import { olderPart } from './log-file.ts';

/** Longest log, in bytes; there are at most two of this size. */
const LONGEST = 4 * 1024 * 1024;

/** Keeps the log of this process from growing without bound: what is written so far moves to a second file. */
export class LogRotation {
  readonly #path: string;
  readonly #longest: number;
  readonly #fd: number;
  #size: number;

  /** @param fd Descriptor that the log is written to. */
  constructor(path: string, fd = 1, longest = LONGEST) {
    this.#path = path;
    this.#fd = fd;
    this.#longest = longest;
    this.#size = fstatSync(fd).size;
  }

  /** Counts what was written. Both standard streams append to the one file, so it is copied, and emptied in place. */
  wrote(bytes: number): void {
    this.#size += bytes;
    if (this.#size < this.#longest) return;
    this.#size = 0;
    try {
      copyFileSync(this.#path, olderPart(this.#path));
    } catch {
      // The disk is full, or the log was deleted; it must not grow all the same.
    }
    ftruncateSync(this.#fd, 0);
  }
}
