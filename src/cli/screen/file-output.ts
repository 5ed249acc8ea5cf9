import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** What a file says when the disk is full, a quota or a size limit is reached, or the disk fails. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO']);

/**
 * Keeps a program running whose output goes to a file that cannot take it: lines that do not fit are dropped, and writing
 * resumes when there is space again. Node.js would destroy the stream at the first error, or throw it.
 */
export class FileOutput {
  /** Whether anything was dropped. */
  dropped = false;
  #torn = false;

  /**
   * @param onDropped Called with the first error.
   * @param onWritten Called with the number of bytes after each write.
   */
  constructor(
    stream: Writable & { fd?: number },
    onDropped: (error: NodeJS.ErrnoException) => void,
    onWritten?: (bytes: number) => void,
  ) {
    const { fd } = stream;
    // Pipes, sockets and terminals report their errors as events, and a reader that is gone does not come back.
    if (fd === undefined || stream instanceof Socket) return;
    stream._write = (chunk: Buffer | string, encoding, done) => {
      try {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
        this.#write(fd, bytes);
        onWritten?.(bytes.length);
      } catch (error) {
        if (!FULL.has((error as NodeJS.ErrnoException).code ?? '')) return done(error as Error);
        const first = !this.dropped;
        this.dropped = true;
        if (first) onDropped(error as NodeJS.ErrnoException);
      }
      done();
    };
  }

  #write(fd: number, chunk: Buffer): void {
    // The beginning of a line may have fit.
    let rest = this.#torn ? Buffer.concat([Buffer.from('\n'), chunk]) : chunk;
    while (rest.length > 0) {
      const written = writeSync(fd, rest);
      rest = rest.subarray(written);
      this.#torn = rest.length > 0;
    }
  }
}
