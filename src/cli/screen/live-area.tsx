import { type Instance, render, useStdout } from 'ink';
import { type JSX, useLayoutEffect } from 'react';

/** Options of {@link LiveArea}. */
export interface LiveAreaOptions {
  /** What is drawn at the bottom of the terminal. */
  view: () => JSX.Element;
  /** Time between two drawings, in milliseconds. */
  frameMs: number;
  /** Lines above it in one drawing; of the others there is only the number. @default no limit */
  linesPerFrame?: number;
  /** Called once when nobody reads standard output any more. */
  onClosed: () => void;
}

/**
 * The bottom of a terminal, which is drawn anew, and lines that scroll by above it. They are written above ink's area
 * rather than through its `<Static>`, which keeps everything it ever wrote.
 */
export class LiveArea {
  readonly #options: LiveAreaOptions;
  readonly #ink: Instance;
  #write: (text: string) => void = () => undefined;
  #lines: string[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveAreaOptions) {
    this.#options = options;
    process.stdout.once('error', options.onClosed);
    // Ctrl-C stays the signal that it is: ink would take it as a key.
    this.#ink = render(this.#element(), { exitOnCtrlC: false, patchConsole: false });
    process.stdout.on('resize', this.draw);
  }

  /** Writes a line above, with the next drawing; it is not made where nobody would see it. */
  addLine(line: () => string): void {
    const { linesPerFrame = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#lines.length < linesPerFrame) this.#lines.push(line());
    else this.#skipped++;
    this.schedule();
  }

  /** Draws before long. */
  schedule(): void {
    this.#timer ??= setTimeout(this.draw, this.#options.frameMs).unref();
  }

  draw = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#skipped > 0) this.#lines.push(`… and ${this.#skipped.toLocaleString('en')} more`);
    if (this.#lines.length > 0) this.#write(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#skipped = 0;
    this.#ink.rerender(this.#element());
  };

  /** Draws for the last time, and leaves the terminal as it is. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    process.stdout.off('resize', this.draw);
    this.draw();
    this.#ink.unmount();
    await this.#ink.waitUntilExit();
  }

  #element(): JSX.Element {
    return (
      <>
        <Above
          onReady={(write) => {
            this.#write = write;
          }}
        />
        {this.#options.view()}
      </>
    );
  }
}

/** Hands out the one way to write above what ink draws. */
function Above({ onReady }: { onReady: (write: (text: string) => void) => void }): null {
  const { write } = useStdout();
  useLayoutEffect(() => onReady(write), [onReady, write]);
  return null;
}
