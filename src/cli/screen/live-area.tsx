import { render, useStdout } from 'ink';
import { type JSX, useLayoutEffect } from 'react';

/** Options of {@link LiveArea}. */
export interface LiveAreaOptions {
  /** Drawn at the bottom of the terminal. */
  view: () => JSX.Element;
  /** Time between two frames, in milliseconds. */
  frameMs: number;
  /** Lines written above it per frame; any more are only counted. @default no limit */
  linesPerFrame?: number;
  /** Called once when the reader of standard output is gone. */
  onClosed: () => void;
}

/**
 * A live view at the bottom of a terminal, and lines that scroll by above it. They are written above ink's area
 * rather than through its `<Static>`, which keeps every line in memory.
 */
export class LiveArea {
  readonly #options: LiveAreaOptions;
  readonly #ink: ReturnType<typeof render>;
  #write: (text: string) => void = () => undefined;
  #lines: string[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveAreaOptions) {
    this.#options = options;
    process.stdout.once('error', options.onClosed);
    // Keep Ctrl-C a signal: ink would read it as a key.
    this.#ink = render(this.#element(), { exitOnCtrlC: false, patchConsole: false });
    process.stdout.on('resize', this.draw);
  }

  /** Writes a line above the view with the next frame. Does not call `line` if the frame is full. */
  addLine(line: () => string): void {
    const { linesPerFrame = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#lines.length < linesPerFrame) this.#lines.push(line());
    else this.#skipped++;
    this.schedule();
  }

  /** Draws with the next frame. */
  schedule(): void {
    this.#timer ??= setTimeout(this.draw, this.#options.frameMs).unref();
  }

  /** Draws now. */
  draw = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#skipped > 0) this.#lines.push(`… and ${this.#skipped.toLocaleString('en')} more`);
    if (this.#lines.length > 0) this.#write(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#skipped = 0;
    this.#ink.rerender(this.#element());
  };

  /** Draws the last frame and releases the terminal. */
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

/** Hands out ink's function that writes above its area. */
function Above({ onReady }: { onReady: (write: (text: string) => void) => void }): null {
  const { write } = useStdout();
  useLayoutEffect(() => onReady(write), [onReady, write]);
  return null;
}
