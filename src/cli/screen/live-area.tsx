import { EventEmitter } from 'node:events';
import { render } from 'ink';
import type { JSX } from 'react';
import { InkKeyboard } from './keyboard.ts';
import { Painter } from './painter.ts';
import { type TerminalInput, TerminalJob } from './terminal-job.ts';
import { terminalSize } from './terminal-size.ts';

/** Options of {@link LiveArea}. */
export interface LiveAreaOptions {
  /** Drawn at the bottom of the terminal. */
  view: () => JSX.Element;
  /** Time between two frames, in milliseconds. */
  frameMs: number;
  /** Lines written above it per frame; any more are only counted. @default no limit */
  linesPerFrame?: number;
  /** How the keyboard is used. @default as the view does, through ink */
  input?: TerminalInput;
  /** Called once when the reader of standard output is gone. */
  onClosed: () => void;
}

/**
 * A live view at the bottom of a terminal, and lines that scroll by above it. Ink lays the view out, and a painter draws it:
 * ink clears a small terminal together with its scrollback, and leaves parts of its view behind when the size changes.
 */
export class LiveArea {
  readonly #options: LiveAreaOptions;
  readonly #painter = new Painter(process.stdout);
  readonly #layout = new Layout();
  readonly #ink: ReturnType<typeof render>;
  readonly #job: TerminalJob;
  #lines: string[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveAreaOptions) {
    this.#options = options;
    process.stdout.once('error', options.onClosed);
    // Ctrl-C stays a signal: ink would read it as a key.
    const stdout = this.#layout as unknown as NodeJS.WriteStream;
    this.#ink = render(options.view(), { stdout, debug: true, exitOnCtrlC: false, patchConsole: false });
    this.#job = new TerminalJob({
      input: options.input ?? new InkKeyboard(),
      onRelease: () => this.#painter.erase(),
      onTake: () => this.draw(),
    });
    process.stdout.on('resize', this.draw);
    this.draw();
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

  /** Draws now. In the background, only writes the lines. */
  draw = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#skipped > 0) this.#lines.push(`… and ${this.#skipped.toLocaleString('en')} more`);
    const lines = this.#lines.flatMap((line) => line.split('\n'));
    this.#lines = [];
    this.#skipped = 0;
    this.#ink.rerender(this.#options.view());
    this.#job.take();
    if (this.#job.hasTerminal) this.#painter.paint(this.#layout.frame, lines);
    else this.#painter.print(lines);
  };

  /** Writes a sequence that the terminal acts on without showing it, such as for its clipboard. */
  send(sequence: string): void {
    if (this.#job.hasTerminal) process.stdout.write(sequence);
  }

  /** Draws the last frame, which stays, and releases the terminal. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    process.stdout.off('resize', this.draw);
    this.draw();
    this.#painter.release();
    this.#ink.unmount();
    this.#job.close();
    await this.#ink.waitUntilExit();
  }
}

/** What ink takes for a terminal, and writes each frame to. */
class Layout extends EventEmitter {
  frame = '';

  get columns(): number {
    return terminalSize().columns;
  }

  get rows(): number {
    return terminalSize().rows;
  }

  /** @param onWritten Called when nothing is left to write; ink passes it at the end. */
  write(frame: string, onWritten?: () => void): boolean {
    if (onWritten) onWritten();
    else this.frame = frame;
    return true;
  }
}
