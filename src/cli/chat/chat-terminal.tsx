import type { JSX } from 'react';
import { commandNames } from '../../chat/room/command.ts';
import type { ServerEvent } from '../../chat/room/event.ts';
import type { ChatLink } from '../../chat/transport/link.ts';
import { transcript } from '../../chat/transport/transcript.ts';
import type { ExposeEvent } from '../../events.ts';
import { doorsText, headerText } from '../../ui/chat/chat-header.tsx';
import { EMPTY_INPUT, type InputKey, type InputModel, pressKey } from '../../ui/chat/input-model.ts';
import { EMPTY_ROOM, nextLink, nextRoom, type RoomModel, stillTyping, TYPING_MS } from '../../ui/chat/room-model.ts';
import { RoomScreen } from '../../ui/chat/room-screen.tsx';
import { lineText } from '../../ui/chat/transcript-line.tsx';
import { eventLine } from '../../ui/event-line.ts';
import { printable } from '../../ui/printable.ts';
import type { Door } from '../../ui/screen/door-list.tsx';
import { type ExposeModel, initialModel, nextModel } from '../../ui/screen/expose-model.ts';
import { ExposeScreen } from '../../ui/screen/expose-screen.tsx';
import { LiveArea } from '../screen/live-area.tsx';
import type { Screen } from '../screen/screen.ts';

/** Lines that arrive within this time are written together, in milliseconds. */
const GATHER_MS = 20;
/** How often others are told at most that the user is typing, in milliseconds. */
const TOLD_MS = 3_000;

const SHOWN_BELOW = new Set<ExposeEvent['event']>(['state', 'login', 'closed']);

export interface ChatTerminalOptions {
  /** Name of the node to start. */
  name: string;
  /** Whether it is in a sandbox, whose names only resolve there. @default false */
  sandbox?: boolean;
  /** Called once when standard output is closed. */
  onClosed: () => void;
}

/** A chat in a terminal: messages scroll by, and below them is a line to write in and who is here. */
export class ChatTerminal implements Screen {
  readonly #color = !process.env.NO_COLOR;
  readonly #area: LiveArea;
  #node: ExposeModel;
  #room: RoomModel = EMPTY_ROOM;
  #input: InputModel = EMPTY_INPUT;
  #link: ChatLink | undefined;
  #toldAt = 0;
  readonly #sandbox: boolean;

  constructor({ name, sandbox = false, onClosed }: ChatTerminalOptions) {
    this.#sandbox = sandbox;
    this.#node = initialModel(name);
    this.#area = new LiveArea({ view: () => this.#view(), frameMs: GATHER_MS, onClosed });
  }

  /** Connects the terminal to a chat. */
  attach(link: ChatLink): void {
    this.#link = link;
    link.on('event', (event) => this.#receive(event));
    link.on('state', (state) => {
      this.#room = nextLink(this.#room, state);
      this.#area.schedule();
    });
  }

  show(event: ExposeEvent): void {
    this.#node = nextModel(this.#node, event);
    if (event.event === 'ready')
      this.#area.addLine(() => headerText(event, { ...this.#shape, sandbox: this.#sandbox }));
    else if (!SHOWN_BELOW.has(event.event)) this.#area.addLine(() => eventLine(event, new Date(), this.#color));
    this.#area.schedule();
  }

  showDoors(doors: Door[]): void {
    this.#area.addLine(() => doorsText(doors, this.#shape));
  }

  log(line: string): void {
    this.#area.addLine(() => printable(line));
  }

  showStopping(): void {
    this.#node = { ...this.#node, state: 'stopping' };
    this.#area.schedule();
  }

  close(): Promise<void> {
    return this.#area.close();
  }

  get #shape(): { columns: number; color: boolean } {
    return { columns: process.stdout.columns, color: this.#color };
  }

  #receive(event: ServerEvent): void {
    this.#room = nextRoom(this.#room, event, Date.now());
    for (const line of transcript(event)) this.#area.addLine(() => lineText(line, this.#shape));
    if (event.type === 'typing') setTimeout(() => this.#area.schedule(), TYPING_MS + GATHER_MS).unref();
    this.#area.schedule();
  }

  #press = (input: string, key: InputKey): void => {
    // In raw mode Ctrl-C is an ordinary key; the rest of the program expects a signal.
    if (key.ctrl && input === 'c') process.kill(process.pid, 'SIGINT');
    else if (key.ctrl && input === 'd' && this.#input.text === '') this.#link?.close();
    else this.#edit(input, key);
  };

  #edit(input: string, key: InputKey): void {
    const { model, submit } = pressKey(this.#input, input, key, key.tab ? this.#candidates() : []);
    const changed = model.text !== this.#input.text;
    this.#input = model;
    if (submit !== undefined) {
      this.#toldAt = 0;
      this.#link?.say(submit);
    } else if (changed) this.#tell();
    this.#area.draw();
  }

  #tell(): void {
    const { text } = this.#input;
    if (text.trim() === '' || text.startsWith('/') || Date.now() - this.#toldAt < TOLD_MS) return;
    this.#toldAt = Date.now();
    this.#link?.send({ type: 'typing' });
  }

  #candidates(): string[] {
    const { people, you, moderator } = this.#room;
    const others = people.filter(({ id }) => id !== you?.id);
    return [
      ...others.map(({ name, handle, ambiguous }) => `@${ambiguous ? handle : name}`),
      ...commandNames(moderator),
    ];
  }

  #view(): JSX.Element {
    const { columns } = process.stdout;
    if (this.#link === undefined) return <ExposeScreen model={this.#node} columns={columns} color={this.#color} />;
    return (
      <RoomScreen
        model={stillTyping(this.#room, Date.now())}
        input={process.stdin.isTTY ? this.#input : undefined}
        stopping={this.#node.state === 'stopping'}
        columns={columns}
        color={this.#color}
        onKey={this.#press}
      />
    );
  }
}
