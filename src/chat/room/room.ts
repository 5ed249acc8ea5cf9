import type { Member } from './directory.ts';
import type { MessageEvent, Person, RemovedEvent, RoomEntry, RoomSummary, ServerEvent } from './event.ts';
import { CATCH_UP_MS, History } from './history.ts';

/** How long someone can be without a connection before the room is told that they left, in milliseconds. */
export const LEAVE_GRACE_MS = 5_000;
/** How often a person is shown as typing, in milliseconds. */
const TYPING_MS = 2_000;

/** A connection as the room it is in sees it. */
export interface Occupant {
  readonly member: Member;
  readonly moderator: boolean;
  /** Sends an event to the client. */
  deliver(event: ServerEvent): void;
  /** Leaves the room without going to another one. */
  leaveRoom(): void;
}

interface Presence {
  member: Member;
  occupants: Set<Occupant>;
  /** Number of the last entry from before they were here. */
  after: number;
  leaving?: NodeJS.Timeout;
  typedAt: number;
}

export interface RoomOptions {
  /** How many messages newcomers get. */
  history: number;
  /** Until when a returning client may have been here before the chat restarted (epoch milliseconds). */
  returnUntil: number;
  /** Called when someone joined or left. */
  onPresence: () => void;
}

/** A room: the people in it and its messages. People are told apart by identity; several tabs are one person. */
export class Room {
  readonly name: string;
  /** Whether a moderator has closed it. */
  closed = false;
  /** When the last person left (epoch milliseconds). */
  emptySince = Date.now();
  readonly history: History;
  readonly #present = new Map<string, Presence>();
  readonly #occupants = new Set<Occupant>();
  // What people who left may still catch up with.
  readonly #absent = new Map<string, { after: number; until: number }>();

  readonly #returnUntil: number;
  readonly #onPresence: () => void;

  constructor(name: string, { history, returnUntil, onPresence }: RoomOptions) {
    this.name = name;
    this.history = new History(history);
    this.#returnUntil = returnUntil;
    this.#onPresence = onPresence;
  }

  get people(): Person[] {
    return [...this.#present.values()].map(({ member }) => member.person);
  }

  get occupants(): ReadonlySet<Occupant> {
    return this.#occupants;
  }

  get summary(): RoomSummary {
    return { name: this.name, people: this.#present.size, ...(this.closed ? { closed: true } : {}) };
  }

  /** Whether the chat can forget the room without losing anything. */
  get forgettable(): boolean {
    return this.#present.size === 0 && !this.closed && this.history.empty;
  }

  /** Returns how many connections a person has in this room. */
  connectionsOf(personId: string): number {
    return this.#present.get(personId)?.occupants.size ?? 0;
  }

  /** Adds a connection, and returns the entries it gets to see. */
  enter(occupant: Occupant, since?: string): { entries: RoomEntry[]; complete: boolean } {
    const { member } = occupant;
    let presence = this.#present.get(member.person.id);
    if (!presence) {
      const absent = this.#absent.get(member.person.id);
      const after = absent && absent.until > Date.now() ? absent.after : this.history.last;
      presence = { member, occupants: new Set(), after, typedAt: 0 };
      this.#absent.delete(member.person.id);
      this.broadcast({ type: 'join', person: member.person, at: new Date().toISOString() });
      this.#present.set(member.person.id, presence);
      this.#onPresence();
    }
    presence.member = member;
    clearTimeout(presence.leaving);
    presence.occupants.add(occupant);
    this.#occupants.add(occupant);
    return this.#missed(presence, since);
  }

  #missed(presence: Presence, since: string | undefined): { entries: RoomEntry[]; complete: boolean } {
    if (since === undefined) return { entries: this.history.recent(), complete: true };
    const number = this.history.numberOf(since);
    if (number === undefined) {
      // An entry from before a restart. Right after it, that is what every returning client has.
      const returned = Date.now() < this.#returnUntil;
      if (returned) presence.after = 0;
      return { entries: returned ? this.history.after(0).entries : this.history.recent(), complete: false };
    }
    // A client can claim any early entry; only those who were here then get what followed.
    // rule: a newcomer gets nothing from before, whatever entry it claims to have
    // mutate: Math.max(number, presence.after) => number
    const from = this.history.length > 0 ? number : Math.max(number, presence.after);
    const { entries, complete } = this.history.after(from);
    return { entries, complete: complete && from === number };
  }

  /** Removes a connection; with `now`, without the grace period in which it may come back. */
  leave(occupant: Occupant, now = false): void {
    const presence = this.#present.get(occupant.member.person.id);
    if (!this.#occupants.delete(occupant) || !presence) return;
    presence.occupants.delete(occupant);
    if (presence.occupants.size > 0) return;
    if (now) this.#left(presence);
    else presence.leaving = setTimeout(() => this.#left(presence), LEAVE_GRACE_MS).unref();
  }

  #left({ member, after }: Presence): void {
    const { person } = member;
    this.#present.delete(person.id);
    this.#absent.set(person.id, { after, until: Date.now() + CATCH_UP_MS });
    if (this.#present.size === 0) this.emptySince = Date.now();
    this.broadcast({ type: 'leave', person, at: new Date().toISOString() });
    this.#onPresence();
  }

  /** Sends a message to everyone here. */
  say(from: Person, { ref, text, action }: { ref: string; text: string; action: boolean }): MessageEvent {
    const said = { type: 'message', ref, room: this.name, from, text } as const;
    const message = this.history.append<MessageEvent>(action ? { ...said, action } : said);
    const presence = this.#present.get(from.id);
    // The next thing they type is shown at once.
    if (presence) presence.typedAt = 0;
    this.broadcast(message);
    return message;
  }

  /** Shows everyone else that a person is typing. */
  typing({ person }: Member): void {
    const presence = this.#present.get(person.id);
    if (!presence || Date.now() - presence.typedAt < TYPING_MS) return;
    presence.typedAt = Date.now();
    this.broadcast({ type: 'typing', person: person.id }, ({ member }) => member.person.id !== person.id);
  }

  /** Removes a message from the history and from all screens. */
  remove(message: MessageEvent, by: Person): void {
    this.history.forget(message);
    this.broadcast(this.history.append<RemovedEvent>({ type: 'removed', message: message.id, by }));
  }

  broadcast(event: ServerEvent, to: (occupant: Occupant) => boolean = () => true): void {
    for (const occupant of this.#occupants) if (to(occupant)) occupant.deliver(event);
  }

  /** Drops what is too old. */
  sweep(): void {
    this.history.sweep();
    const now = Date.now();
    for (const [id, { until }] of this.#absent) if (until <= now) this.#absent.delete(id);
  }

  /** Stops the timers. */
  dispose(): void {
    for (const { leaving } of this.#present.values()) clearTimeout(leaving);
  }
}
