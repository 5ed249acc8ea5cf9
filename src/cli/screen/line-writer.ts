import type { Writable } from 'node:stream';

/** Output that a reader has yet to take, in characters, beyond which droppable lines are dropped. */
const BACKLOG = 1024 * 1024;
/** How long log lines gather before they are written, in milliseconds: a busy service makes thousands a second. */
const GATHER_MS = 10;

/**
 * Writes lines to a stream whose reader may be slow or gone. A slow one must not make memory grow: log lines are
 * dropped then, and their number is told once it reads on. When the reader is gone (`tsexpose … | head`), `onClosed`
 * is called once and what follows goes nowhere.
 */
export class LineWriter {
  readonly #stream: Writable;
  #dropped = 0;
  #gathered = '';
  #timer: NodeJS.Timeout | undefined;

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
    return this.#stream.writableLength + this.#gathered.length < BACKLOG;
  }

  /** Writes a line: a `droppable` one with others like it, and only while the reader keeps up; any other at once. */
  write(line: string, { droppable = false } = {}): void {
    if (droppable && !this.open) {
      this.#dropped++;
      return;
    }
    this.#gathered += `${line}\n`;
    if (droppable) this.#timer ??= setTimeout(() => this.#release(), GATHER_MS);
    else this.#release();
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#gathered;
    this.#gathered = '';
    if (text !== '' && this.#stream.writable) this.#stream.write(text);
  }

  /**
   * Resolves when the reader has taken everything, is gone, or has been given time enough.
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
