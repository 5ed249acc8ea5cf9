import type { ExposeEvent } from '../../events.ts';
import { plainLines } from '../../ui/plain.ts';
import { printable } from '../../ui/printable.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import { LineWriter } from './line-writer.ts';
import { droppedWarning, isDroppable, writeError } from './log-line.ts';
import type { Screen, ScreenOptions } from './screen.ts';

/** Writes plain lines: results to standard output, progress to standard error. */
export class PlainScreen implements Screen {
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
    if (dropped > 0) for (const { text } of plainLines(droppedWarning(dropped), at)) writeError(text);
    for (const { stream, text } of plainLines(event, at)) {
      if (stream === 'stdout') this.#out.write(text, { droppable: isDroppable(event) });
      else writeError(text);
    }
  }

  showDoors(doors: Door[]): void {
    for (const { who, url } of doors) this.#out.write(`as ${printable(who)}: ${printable(url)}`);
  }

  log(line: string): void {
    writeError(printable(line));
  }

  showStopping(): void {
    writeError('stopping; press Ctrl-C again to quit immediately');
  }

  close(): Promise<void> {
    return this.#out.flush();
  }
}
