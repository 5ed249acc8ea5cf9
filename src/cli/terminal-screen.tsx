import { type Instance, render, useStdout } from 'ink';
import { type JSX, useLayoutEffect } from 'react';
import type { ExposeEvent } from '../events.ts';
import type { Door } from '../ui/door.ts';
import { eventLine } from '../ui/event-line.ts';
import { type ExposeModel, initialModel, nextModel } from '../ui/expose-model.ts';
import { ExposeScreen } from '../ui/expose-screen.tsx';
import { printable } from '../ui/printable.ts';
import type { Screen, ScreenOptions } from './screen.ts';

/** Between two drawings, in milliseconds: quick to the eye, and a small share of the processor under load. */
const FRAME_MS = 100;

/** Log lines of one drawing; more could not be read anyway. */
const LINES_PER_FRAME = 100;

/** Events that the live part of the screen shows; the others scroll by above it. */
const SHOWN_BELOW = new Set<ExposeEvent['event']>(['state', 'login', 'ready', 'closed']);

/**
 * The live terminal: a log that scrolls by, and beneath it what matters. The log is written above ink's area rather
 * than through its `<Static>`, which keeps everything it ever wrote.
 */
export class TerminalScreen implements Screen {
  readonly #color = !process.env.NO_COLOR;
  readonly #ink: Instance;
  readonly #hidden: ExposeEvent['event'][];
  #write: (text: string) => void = () => undefined;
  #model: ExposeModel;
  #lines: string[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ name, onClosed, hidden = ['connection'] }: ScreenOptions) {
    this.#model = initialModel(name);
    this.#hidden = hidden;
    process.stdout.once('error', onClosed);
    // Ctrl-C stays the signal that it is: ink would take it as a key.
    this.#ink = render(this.#view(), { exitOnCtrlC: false, patchConsole: false });
    process.stdout.on('resize', this.#draw);
  }

  show(event: ExposeEvent): void {
    if (this.#hidden.includes(event.event)) return;
    this.#model = nextModel(this.#model, event);
    if (!SHOWN_BELOW.has(event.event)) this.#addLine(() => eventLine(event, new Date(), this.#color));
    this.#schedule();
  }

  showDoors(doors: Door[]): void {
    this.#model = { ...this.#model, doors };
    this.#schedule();
  }

  log(line: string): void {
    this.#addLine(() => printable(line));
    this.#schedule();
  }

  showStopping(): void {
    this.#model = { ...this.#model, state: 'stopping' };
    this.#schedule();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    process.stdout.off('resize', this.#draw);
    this.#draw();
    this.#ink.unmount();
    await this.#ink.waitUntilExit();
  }

  #addLine(line: () => string): void {
    if (this.#lines.length < LINES_PER_FRAME) this.#lines.push(line());
    else this.#skipped++;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(this.#draw, FRAME_MS).unref();
  }

  #draw = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#skipped > 0) this.#lines.push(`… and ${this.#skipped.toLocaleString('en')} more`);
    if (this.#lines.length > 0) this.#write(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#skipped = 0;
    this.#ink.rerender(this.#view());
  };

  #view(): JSX.Element {
    return (
      <>
        <Above
          onReady={(write) => {
            this.#write = write;
          }}
        />
        <ExposeScreen model={this.#model} columns={process.stdout.columns} color={this.#color} />
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
