import type { Writable } from 'node:stream';

/** Unread output, in characters, beyond which droppable lines are dropped. */
const BACKLOG = 1024 * 1024;
/** How long log lines are collected before they are written, in milliseconds: a busy app causes thousands a second. */
const BATCH_MS = 10;

/**
 * Writes lines to a stream whose reader may be slow or gone. A slow reader must not make memory grow, so log lines are
 * dropped and counted. When the reader is gone (`tsexpose … | head`), `onClosed` is called once and later lines are
 * discarded.
 */
export class LineWriter {
  readonly #stream: Writable;
  #dropped = 0;
  #batch = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Writable, onClosed?: () => void) {
    this.#stream = stream;
    stream.once('error', () => onClosed?.());
    // Later errors have the same cause.
    stream.on('error', () => undefined);
  }

  /** Returns the number of lines dropped since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Whether the reader keeps up, so that droppable lines are written. */
  get open(): boolean {
    return this.#stream.writableLength + this.#batch.length < BACKLOG;
  }

  /** Writes a line at once; a `droppable` one in a batch, and only while the reader keeps up. */
  write(line: string, { droppable = false } = {}): void {
    if (droppable && !this.open) {
      this.#dropped++;
      return;
    }
    this.#batch += `${line}\n`;
    if (droppable) this.#timer ??= setTimeout(() => this.#release(), BATCH_MS);
    else this.#release();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#batch;
    this.#batch = '';
    if (text !== '' && this.#stream.writable) this.#stream.write(text);
  }

  /**
   * Resolves when the reader has taken everything or is gone, at the latest after `timeout`.
   *
   * @param timeout Milliseconds. @default 2000
   */
  async flush(timeout = 2000): Promise<void> {
    this.#release();
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
