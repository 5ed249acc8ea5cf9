import type { ExposeEvent, RequestEvent } from '../../events.ts';
import { eventLine } from '../../ui/event-line.ts';
import { printable } from '../../ui/printable.ts';
import { requestParts } from '../../ui/request-line.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import { type ExposeModel, endedModel, initialModel, nextModel } from '../../ui/screen/expose-model.ts';
import { ExposeScreen } from '../../ui/screen/expose-screen.tsx';
import { RequestStats } from '../../ui/screen/request-stats.ts';
import { styledLine } from '../../ui/styled-line.ts';
import { AppKeyboard, Keyboard } from './keyboard.ts';
import { LiveArea } from './live-area.tsx';
import type { Activity, AppTerminal, Screen, ScreenOptions } from './screen.ts';
import { ScreenKeys } from './screen-keys.ts';
import { TargetWatch } from './target-watch.ts';
import type { TerminalInput } from './terminal-job.ts';
import { terminalSize } from './terminal-size.ts';

/** Time between two frames, in milliseconds: looks immediate, and costs little CPU under load. */
const FRAME_MS = 100;
/** How often the rate and the callers are looked up, in milliseconds. */
const LOOK_MS = 500;
/** Log lines per frame; more could not be read anyway. */
const LINES_PER_FRAME = 100;
/** Requests a second that the log shows; the others are only counted. */
const SHOWN_PER_SECOND = 20;

/** Doors that fit into the screen of an ordinary terminal. */
const MOST_DOORS = 4;

/** Events shown in the live part; the others scroll by above it. */
const SHOWN_BELOW = new Set<ExposeEvent['event']>(['state', 'login', 'ready', 'closed']);

/** The live terminal: a scrolling log above the addresses, the callers, and the state. */
export class TerminalScreen implements Screen {
  readonly terminal: AppTerminal;
  readonly #color = !process.env.NO_COLOR;
  readonly #area: LiveArea;
  readonly #keys: ScreenKeys;
  readonly #hidden: ExposeEvent['event'][];
  readonly #stats = new RequestStats();
  #model: ExposeModel;
  #activity: Activity | undefined;
  #targets: TargetWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #second = 0;
  #shown = 0;
  #unseen = 0;

  constructor(options: ScreenOptions) {
    const { name, onClosed, hidden = ['connection'], appReadsKeys = false } = options;
    this.#model = initialModel(name);
    this.#hidden = hidden;
    const isKeyboard = process.stdin.isTTY === true;
    this.terminal = { keys: isKeyboard && appReadsKeys, color: this.#color, columns: terminalSize().columns };
    this.#keys = new ScreenKeys({
      model: () => this.#model,
      send: (sequence) => this.#area.send(sequence),
      onChange: () => this.#area.draw(),
      onInterrupt: options.onInterrupt ?? (() => process.kill(process.pid, 'SIGINT')),
    });
    const hasKeys = isKeyboard && !appReadsKeys;
    const view = () => (
      <ExposeScreen
        model={this.#model}
        keys={hasKeys ? this.#keys.model : undefined}
        {...terminalSize()}
        color={this.#color}
      />
    );
    let input: TerminalInput = { take: () => {}, release: () => {} };
    if (isKeyboard) input = appReadsKeys ? new AppKeyboard() : new Keyboard((key) => this.#keys.press(key));
    this.#area = new LiveArea({ view, input, frameMs: FRAME_MS, linesPerFrame: LINES_PER_FRAME, onClosed });
  }

  show(event: ExposeEvent): void {
    if (this.#hidden.includes(event.event)) return;
    if (event.event === 'request' || event.event === 'connection') this.#count(event);
    this.#model = nextModel(this.#model, event);
    if (event.event === 'request' && !this.#isShown(event)) this.#area.schedule();
    else if (SHOWN_BELOW.has(event.event)) this.#area.schedule();
    else this.#area.addLine(() => eventLine(event, new Date(), this.#color));
  }

  showDoors(doors: Door[]): void {
    this.#model = { ...this.#model, doors };
    // The screen may not have room for all of them.
    if (doors.length > MOST_DOORS) for (const { who, url } of doors) this.log(`as ${who}: ${url}`);
    this.#area.schedule();
  }

  showOutput(line: string): void {
    this.#area.addLine(() => styledLine(line, this.#color));
  }

  log(line: string): void {
    this.#area.addLine(() => printable(line));
  }

  follow(activity: Activity): void {
    this.#activity = activity;
    this.#targets = new TargetWatch(activity.targets, (down) => {
      this.#model = { ...this.#model, down };
      this.#area.schedule();
    });
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  showStopping(): void {
    this.#model = { ...this.#model, state: 'stopping' };
    this.#area.schedule();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#targets?.close();
    this.#look();
    this.#tellUnseen();
    this.#model = endedModel(this.#model);
    await this.#area.close();
  }

  #count(event: ExposeEvent): void {
    const now = Date.now();
    this.#stats.add(event.event === 'request' ? event : undefined, now);
    this.#model = { ...this.#model, traffic: { ...this.#model.traffic, total: this.#model.traffic.total + 1 } };
    // A target that does not respond may be down, and one that does is up.
    const failed = event.event === 'request' && event.error !== undefined;
    const isDown = (this.#model.down?.length ?? 0) > 0;
    if (event.event === 'request' && failed !== isDown) void this.#targets?.check();
  }

  /** Looks up what no event says. */
  #look(): void {
    if (Math.floor(Date.now() / 1000) > this.#second) this.#tellUnseen();
    const callers = this.#activity?.callers ?? [];
    this.#model = { ...this.#model, callers, traffic: this.#stats.traffic(Date.now()) };
    this.#area.schedule();
  }

  /** Whether the log shows a request: one that passes the filter, of the first few of each second. */
  #isShown(event: RequestEvent): boolean {
    const { filter } = this.#keys.model;
    if (filter !== '' && !isAbout(event, filter)) return false;
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#tellUnseen();
      this.#second = second;
      this.#shown = 0;
    }
    if (this.#shown++ < SHOWN_PER_SECOND) return true;
    this.#unseen++;
    return false;
  }

  #tellUnseen(): void {
    if (this.#unseen === 0) return;
    const text = `… and ${this.#unseen.toLocaleString('en')} more ${this.#unseen === 1 ? 'request' : 'requests'}`;
    this.#unseen = 0;
    this.#area.addLine(() => text);
  }
}

/** Returns whether a request's line contains a text, in any case. */
function isAbout(event: RequestEvent, text: string): boolean {
  const { who, method, path, status } = requestParts(event, new Date());
  return `${who} ${method} ${path} ${status}`.toLowerCase().includes(text.toLowerCase());
}
