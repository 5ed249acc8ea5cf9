import type { ExposeEvent } from '../../events.ts';
import { eventLine } from '../../ui/event-line.ts';
import { printable } from '../../ui/printable.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import { type ExposeModel, initialModel, nextModel } from '../../ui/screen/expose-model.ts';
import { ExposeScreen } from '../../ui/screen/expose-screen.tsx';
import { LiveArea } from './live-area.tsx';
import type { Screen, ScreenOptions } from './screen.ts';

/** Time between two frames, in milliseconds: looks immediate, and costs little CPU under load. */
const FRAME_MS = 100;

/** Log lines per frame; more could not be read anyway. */
const LINES_PER_FRAME = 100;

/** Events shown in the live part; the others scroll by above it. */
const SHOWN_BELOW = new Set<ExposeEvent['event']>(['state', 'login', 'ready', 'closed']);

/** The live terminal: a scrolling log above the addresses and the state. */
export class TerminalScreen implements Screen {
  readonly #color = !process.env.NO_COLOR;
  readonly #area: LiveArea;
  readonly #hidden: ExposeEvent['event'][];
  #model: ExposeModel;

  constructor({ name, onClosed, hidden = ['connection'] }: ScreenOptions) {
    this.#model = initialModel(name);
    this.#hidden = hidden;
    const view = () => <ExposeScreen model={this.#model} columns={process.stdout.columns} color={this.#color} />;
    this.#area = new LiveArea({ view, frameMs: FRAME_MS, linesPerFrame: LINES_PER_FRAME, onClosed });
  }

  show(event: ExposeEvent): void {
    if (this.#hidden.includes(event.event)) return;
    this.#model = nextModel(this.#model, event);
    if (SHOWN_BELOW.has(event.event)) this.#area.schedule();
    else this.#area.addLine(() => eventLine(event, new Date(), this.#color));
  }

  showDoors(doors: Door[]): void {
    this.#model = { ...this.#model, doors };
    this.#area.schedule();
  }

  log(line: string): void {
    this.#area.addLine(() => printable(line));
  }

  showStopping(): void {
    this.#model = { ...this.#model, state: 'stopping' };
    this.#area.schedule();
  }

  close(): Promise<void> {
    return this.#area.close();
  }
}
