import { EventEmitter } from 'node:events';
import type { Identity } from '../../identity/identity.ts';
import { Directory, type Member } from './directory.ts';
import { type MessageEvent, type Person, Refusal, type RoomSummary, type ServerEvent } from './event.ts';
import { personOf } from './person.ts';
import { Room } from './room.ts';
import { LOBBY } from './room-name.ts';
import { type Outlet, Session, type SessionChat } from './session.ts';

/** Most open connections. */
export const MAX_CONNECTIONS = 2000;
/** Most open connections per person. */
export const MAX_CONNECTIONS_EACH = 20;
/** Most rooms at one time. */
export const MAX_ROOMS = 100;
const SWEEP_MS = 15_000;
/** How often the list of rooms is sent at most, in milliseconds. */
const ROOMS_MS = 1_000;
/**
 * How long after its start the chat believes clients that claim to have been here before, in milliseconds. After a
 * restart all of them come back within this time.
 */
const RETURN_MS = 60_000;

export interface ChatOptions {
  /**
   * How many messages newcomers see. With 0 they see nothing from before they joined; clients that lost their connection
   * still catch up with the last five minutes. @default 0
   */
  history?: number;
}

/**
 * Why a caller is rejected: whois does not know it, the chat is full, or the caller has too many connections or opens
 * them too fast.
 */
export type Rejection = 'unknown' | 'full' | 'too-many';

export interface ChatCounts {
  people: number;
  connections: number;
  rooms: number;
  /** Messages since the chat started. */
  messages: number;
}

interface ChatEvents {
  /** A message, in any room. */
  message: [MessageEvent];
  /** Someone joined or left, or a room was opened or closed. */
  change: [];
}

/**
 * All rooms and everyone in them. It works with identities and outlets, without a terminal, native code, or a network.
 *
 * @example
 * ```ts
 * const chat = new Chat();
 * const session = chat.connect(socket.identity, { send: (event) => console.log(event), close: () => socket.end() });
 * session.receive({ type: 'hello', room: 'lobby' });
 * session.receive({ type: 'say', ref: '1', text: 'hello' });
 * ```
 */
export class Chat extends EventEmitter<ChatEvents> implements SessionChat {
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

  /** Rooms with people in them, the lobby, and closed rooms; the fullest first. */
  get rooms(): RoomSummary[] {
    const listed = [...this.#rooms.values()].map(({ summary }) => summary).filter(isListed);
    if (!listed.some(({ name }) => name === LOBBY)) listed.push({ name: LOBBY, people: 0 });
    return listed.sort((a, b) => b.people - a.people || (a.name < b.name ? -1 : 1));
  }

  /**
   * Connects a caller, or returns why it is rejected.
   *
   * @param host Whether the caller runs the chat, and so is a moderator.
   */
  connect(identity: Identity, outlet: Outlet, { host = false } = {}): Session | Rejection {
    const person = personOf(identity);
    // rule: a caller that whois does not know is rejected
    if (!person) return 'unknown';
    // rule: the chat has a bounded number of connections
    if (this.#sessions.size >= MAX_CONNECTIONS) return 'full';
    const { member, changed } = this.#directory.update(person);
    // rule: a person has a bounded number of connections
    if (member.connections >= MAX_CONNECTIONS_EACH || !member.moving.take()) return 'too-many';
    const session = new Session(this, member, outlet, { identity, host });
    member.connections += 1;
    this.#sessions.add(session);
    this.#announce(changed);
    return session;
  }

  disconnect(session: Session, now: boolean): void {
    if (!this.#sessions.delete(session)) return;
    session.member.connections -= 1;
    session.room?.leave(session, now);
    this.emit('change');
  }

  updatePerson(person: Person): void {
    this.#announce(this.#directory.update(person).changed);
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

  room(name: string): Room | Refusal {
    const known = this.#rooms.get(name);
    if (known) return known;
    // rule: the chat has a bounded number of rooms
    if (this.#rooms.size >= MAX_ROOMS && !this.#forgetRoom()) {
      return new Refusal('too-many-rooms', `There are already ${MAX_ROOMS} rooms. Join one of them.`);
    }
    const room = new Room(name, {
      history: this.#history,
      returnUntil: this.#returnUntil,
      onPresence: () => this.roomsChanged(),
    });
    this.#rooms.set(name, room);
    return room;
  }

  // With a history, empty rooms stay as long as there is space for them.
  #forgetRoom(): boolean {
    let oldest: Room | undefined;
    for (const room of this.#rooms.values()) {
      if (room.summary.people > 0 || room.closed) continue;
      if (!oldest || room.emptySince < oldest.emptySince) oldest = room;
    }
    return oldest !== undefined && this.#rooms.delete(oldest.name);
  }

  recordMessage(message: MessageEvent): void {
    this.#messages += 1;
    this.emit('message', message);
  }

  roomsChanged(): void {
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
