import type { Writable } from 'node:stream';

/** Output that a reader has yet to take, in characters, beyond which droppable lines are dropped. */
const BACKLOG = 1024 * 1024;

/**
 * Writes lines to a stream whose reader may be slow or gone. A slow one must not make memory grow: log lines are
 * dropped then, and their number is told once it reads on. When the reader is gone (`tsexpose … | head`), `onClosed`
 * is called once and what follows goes nowhere.
 */
export class LineWriter {
  readonly #stream: Writable;
  #dropped = 0;

  constructor(stream: Writable, onClosed?: () => void) {
    this.#stream = stream;
    stream.once('error', () => onClosed?.());
    // Later ones say the same.
    stream.on('error', () => undefined);
  }

  /** Lines dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Whether droppable lines would be written now. */
  get open(): boolean {
    return this.#stream.writableLength < BACKLOG;
  }

  /** Writes a line; one that is `droppable` only while the reader keeps up. */
  write(line: string, { droppable = false } = {}): void {
    if (droppable && !this.open) this.#dropped++;
    else if (this.#stream.writable) this.#stream.write(`${line}\n`);
  }

  /**
   * Resolves when the reader has taken everything, is gone, or has been given time enough.
   *
   * @param timeout Milliseconds. @default 2000
   */
  async flush(timeout = 2000): Promise<void> {
    if (this.#stream.writableLength === 0 || !this.#stream.writable) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#stream.once('drain', done).once('error', done).once('close', done);
    });
  }
}
