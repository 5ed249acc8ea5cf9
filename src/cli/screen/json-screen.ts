import type { ExposeEvent } from '../../events.ts';
import { plainLines } from '../../ui/plain.ts';
import { jsonLine, printable } from '../../ui/printable.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import { LineWriter } from './line-writer.ts';
import { droppedWarning, isDroppable, writeError } from './log-line.ts';
import type { Screen, ScreenOptions } from './screen.ts';

/** Writes one event per line to standard output, as JSON. */
export class JsonScreen implements Screen {
  readonly #out: LineWriter;

  constructor({ onClosed }: ScreenOptions) {
    this.#out = new LineWriter(process.stdout, onClosed);
  }

  show(event: ExposeEvent): void {
    const dropped = this.#out.open ? this.#out.takeDropped() : 0;
    if (dropped > 0) this.#out.write(jsonLine(droppedWarning(dropped)));
    this.#out.write(jsonLine(event), { droppable: isDroppable(event) });
    // The events may be piped into a program that waits for `ready`, while a person at the terminal has to log in.
    if (event.event === 'login' && process.stderr.isTTY) {
      for (const { text } of plainLines(event, new Date())) writeError(text);
    }
  }

  showDoors(doors: Door[]): void {
    this.#out.write(jsonLine({ event: 'doors', doors }));
  }

  log(line: string): void {
    writeError(printable(line));
  }

  showStopping(): void {}

  close(): Promise<void> {
    return this.#out.flush();
  }
}
