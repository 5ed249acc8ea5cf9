import { EventEmitter } from 'node:events';
import type { Identity } from '../../identity/identity.ts';
import { Directory, type Member } from './directory.ts';
import type { MessageEvent, Person, RoomSummary, ServerEvent } from './event.ts';
import { personOf } from './person.ts';
import { Refusal } from './refusal.ts';
import { Room } from './room.ts';
import { LOBBY } from './room-name.ts';
import { type Outlet, Session } from './session.ts';

/** Most open connections. */
export const MAX_CONNECTIONS = 2000;
/** Most open connections of one person. */
export const MAX_CONNECTIONS_EACH = 20;
/** Most rooms at a time. */
export const MAX_ROOMS = 100;
const SWEEP_MS = 15_000;
/** The list of rooms is sent at most this often, in milliseconds. */
const ROOMS_MS = 1_000;
/**
 * How long after its start the chat believes those who say that they were here before, in milliseconds: everybody
 * comes back within this time when it was only started again.
 */
const RETURN_MS = 60_000;

export interface ChatOptions {
  /**
   * How many messages newcomers get to see. With 0 they see nothing from before they came; whoever lost the
   * connection still catches up with the last five minutes. @default 0
   */
  history?: number;
}

/**
 * Why a caller may not connect: whois does not know it, the chat is full, or the caller has too many connections or
 * makes them too fast.
 */
export type TurnedAway = 'unknown' | 'full' | 'too-many';

export interface ChatCounts {
  people: number;
  connections: number;
  rooms: number;
  /** Messages since the start. */
  messages: number;
}

interface ChatEvents {
  /** Something was said, in any room. */
  message: [MessageEvent];
  /** Somebody came or went, or a room opened or closed. */
  change: [];
}

/**
 * All rooms and everybody in them. Knows identities and outlets, but no terminal, no native code and no network.
 *
 * @example
 * ```ts
 * const chat = new Chat();
 * const session = chat.connect(socket.identity, { send: (event) => console.log(event), close: () => socket.end() });
 * session.receive({ type: 'hello', room: 'lobby' });
 * session.receive({ type: 'say', ref: '1', text: 'hello' });
 * ```
 */
export class Chat extends EventEmitter<ChatEvents> {
  readonly #history: number;
  readonly #rooms = new Map<string, Room>();
  readonly #directory = new Directory();
  readonly #sessions = new Set<Session>();
  readonly #sweeper: NodeJS.Timeout;
  #roomsDue: NodeJS.Timeout | undefined;
  readonly #returnUntil = Date.now() + RETURN_MS;
  #messages = 0;

  constructor({ history = 0 }: ChatOptions = {}) {
    super();
    this.#history = history;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  get counts(): ChatCounts {
    const people = new Set([...this.#sessions].map(({ member }) => member.person.id)).size;
    const rooms = this.rooms.filter((room) => room.people > 0).length;
    return { people, connections: this.#sessions.size, rooms, messages: this.#messages };
  }

  /** The rooms with somebody in them, the lobby, and those that are closed; the fullest first. */
  get rooms(): RoomSummary[] {
    const listed = [...this.#rooms.values()].map(({ summary }) => summary).filter(isListed);
    if (!listed.some(({ name }) => name === LOBBY)) listed.push({ name: LOBBY, people: 0 });
    return listed.sort((a, b) => b.people - a.people || (a.name < b.name ? -1 : 1));
  }

  /**
   * Connects a caller, or says why it is turned away.
   *
   * @param host Whether it is the one who runs the chat, and so may moderate it.
   */
  connect(identity: Identity, outlet: Outlet, { host = false } = {}): Session | TurnedAway {
    const person = personOf(identity);
    if (!person) return 'unknown';
    if (this.#sessions.size >= MAX_CONNECTIONS) return 'full';
    const { member, changed } = this.#directory.meet(person);
    if (member.connections >= MAX_CONNECTIONS_EACH || member.moving.take() > 0) return 'too-many';
    const session = new Session(this, member, outlet, { identity, host });
    member.connections += 1;
    this.#sessions.add(session);
    this.#announce(changed);
    return session;
  }

  /** Forgets a session that has been closed; `now` without the grace in which its person may come back. */
  disconnect(session: Session, now: boolean): void {
    if (!this.#sessions.delete(session)) return;
    session.member.connections -= 1;
    session.room?.leave(session, now);
    this.emit('change');
  }

  /** The person of a session may have another name or picture now. */
  renamed(person: Person): void {
    this.#announce(this.#directory.meet(person).changed);
  }

  #announce(changed: Member[]): void {
    for (const { person } of changed) {
      for (const room of this.#rooms.values()) {
        if (room.connectionsOf(person.id) > 0) room.broadcast({ type: 'person', person });
      }
      for (const session of this.sessionsOf(person.id)) session.deliverSelf();
    }
  }

  *sessionsOf(personId: string): Iterable<Session> {
    for (const session of this.#sessions) if (session.member.person.id === personId) yield session;
  }

  findRoom(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** The room of that name, made where there is none. */
  room(name: string): Room | Refusal {
    const known = this.#rooms.get(name);
    if (known) return known;
    if (this.#rooms.size >= MAX_ROOMS && !this.#forgetRoom()) {
      return new Refusal('too-many-rooms', `There are ${MAX_ROOMS} rooms already; join one of those.`);
    }
    const room = new Room(name, {
      history: this.#history,
      returnUntil: this.#returnUntil,
      onPresence: () => this.changed(),
    });
    this.#rooms.set(name, room);
    return room;
  }

  // With a history, empty rooms stay for as long as there is space for them.
  #forgetRoom(): boolean {
    let oldest: Room | undefined;
    for (const room of this.#rooms.values()) {
      if (room.summary.people > 0 || room.closed) continue;
      if (!oldest || room.emptySince < oldest.emptySince) oldest = room;
    }
    return oldest !== undefined && this.#rooms.delete(oldest.name);
  }

  /** Counts a message and reports it. */
  said(message: MessageEvent): void {
    this.#messages += 1;
    this.emit('message', message);
  }

  /** Tells those who follow the list of rooms, and whoever counts. */
  changed(): void {
    this.emit('change');
    this.#roomsDue ??= setTimeout(() => {
      this.#roomsDue = undefined;
      const event: ServerEvent = { type: 'rooms', rooms: this.rooms };
      for (const session of this.#sessions) if (session.followsRooms) session.deliver(event);
    }, ROOMS_MS).unref();
  }

  #sweep(): void {
    this.#directory.sweep();
    for (const room of this.#rooms.values()) {
      room.sweep();
      if (room.forgettable) this.#rooms.delete(room.name);
    }
  }

  /** Closes every connection and forgets everything. */
  close(): void {
    clearInterval(this.#sweeper);
    clearTimeout(this.#roomsDue);
    for (const session of [...this.#sessions]) session.close('shutdown');
    for (const room of this.#rooms.values()) room.dispose();
    this.#rooms.clear();
  }
}

function isListed({ name, people, closed }: RoomSummary): boolean {
  return people > 0 || closed === true || name === LOBBY;
}
