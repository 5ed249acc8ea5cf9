import type { ExposeEvent } from '../../events.ts';
import type { Door } from '../../ui/door.ts';
import { plainLines } from '../../ui/plain.ts';
import { jsonLine, printable } from '../../ui/printable.ts';
import { LineWriter } from './line-writer.ts';

/** Where an exposure shows itself: JSON lines, plain lines, or a live terminal. */
export interface Screen {
  show(event: ExposeEvent): void;
  /** Shows the doors of a sandbox. */
  showDoors(doors: Door[]): void;
  /** Shows a line of the node's own log. */
  log(line: string): void;
  /** Says that the first Ctrl-C has been heard. */
  showStopping(): void;
  /** Puts the terminal back and lets the last lines out. */
  close(): Promise<void>;
}

export interface ScreenOptions {
  json: boolean;
  /** The name that was asked for. */
  name: string;
  /** What is no news to people. @default ['connection']: of an HTTP service they see the requests */
  hidden?: ExposeEvent['event'][];
  /** Called once when nobody reads standard output any more. */
  onClosed: () => void;
}

/** Opens the screen that suits the flags and the terminal. */
export async function openScreen(options: ScreenOptions): Promise<Screen> {
  if (!options.json && isLiveTerminal()) {
    // React and ink are loaded for those who look at them.
    const { TerminalScreen } = await import('./terminal-screen.tsx');
    return new TerminalScreen(options);
  }
  return options.json ? new JsonScreen(options) : new PlainScreen(options);
}

/** Whether standard output is a terminal that can be drawn on; a CI log is not, even where it pretends. */
export function isLiveTerminal(): boolean {
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb' && !process.env.CI;
}

/** Whether somebody could read a login URL and open it. */
export function isSomebodyThere(): boolean {
  return process.stdout.isTTY === true || process.stderr.isTTY === true;
}

const isLog = (event: ExposeEvent) => event.event === 'request' || event.event === 'connection';

class JsonScreen implements Screen {
  readonly #out: LineWriter;

  constructor({ onClosed }: ScreenOptions) {
    this.#out = new LineWriter(process.stdout, onClosed);
  }

  show(event: ExposeEvent): void {
    const dropped = this.#out.open ? this.#out.takeDropped() : 0;
    if (dropped > 0) this.#out.write(jsonLine(droppedWarning(dropped)));
    this.#out.write(jsonLine(event), { droppable: isLog(event) });
    // Somebody at the terminal may have piped the events into a program that waits for the ready event.
    if (event.event === 'login' && process.stderr.isTTY) plainLines(event, new Date()).forEach(writeError);
  }

  showDoors(doors: Door[]): void {
    this.#out.write(jsonLine({ event: 'doors', doors }));
  }

  log(line: string): void {
    writeError({ text: printable(line) });
  }

  showStopping(): void {}

  close(): Promise<void> {
    return this.#out.flush();
  }
}

class PlainScreen implements Screen {
  readonly #out: LineWriter;
  readonly #hidden: ExposeEvent['event'][];

  constructor({ onClosed, hidden = ['connection'] }: ScreenOptions) {
    this.#out = new LineWriter(process.stdout, onClosed);
    this.#hidden = hidden;
  }

  show(event: ExposeEvent): void {
    if (this.#hidden.includes(event.event)) return;
    const at = new Date();
    const dropped = this.#out.open ? this.#out.takeDropped() : 0;
    if (dropped > 0) plainLines(droppedWarning(dropped), at).forEach(writeError);
    for (const line of plainLines(event, at)) {
      if (line.stream === 'stdout') this.#out.write(line.text, { droppable: isLog(event) });
      else writeError(line);
    }
  }

  showDoors(doors: Door[]): void {
    for (const { who, url } of doors) this.#out.write(`as ${printable(who)}: ${printable(url)}`);
  }

  log(line: string): void {
    writeError({ text: printable(line) });
  }

  showStopping(): void {
    writeError({ text: 'stopping; once more to leave at once' });
  }

  close(): Promise<void> {
    return this.#out.flush();
  }
}

function writeError({ text }: { text: string }): void {
  process.stderr.write(`${text}\n`);
}

function droppedWarning(dropped: number): ExposeEvent {
  const message = `${dropped} lines of the log were dropped, because nobody read them in time.`;
  return { event: 'warning', code: 'TSEXPOSE_LOG_DROPPED', message };
}
