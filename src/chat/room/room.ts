import type { Member } from './directory.ts';
import type { MessageEvent, Person, RemovedEvent, RoomEntry, RoomSummary, ServerEvent } from './event.ts';
import { CATCH_UP_MS, History } from './history.ts';
import type { Session } from './session.ts';

/** How long somebody may be without a connection before the room is told that they left, in milliseconds. */
export const LEAVE_GRACE_MS = 5_000;
/** How often a typing person is shown again, in milliseconds. */
const TYPING_MS = 2_000;

interface Presence {
  member: Member;
  sessions: Set<Session>;
  /** They were not here when this entry and those before it were said. */
  after: number;
  leaving?: NodeJS.Timeout;
  typedAt: number;
}

export interface RoomOptions {
  /** How many messages newcomers get. */
  history: number;
  /** Until when somebody may have been here before the chat was started again (epoch milliseconds). */
  returnUntil: number;
  /** Called when somebody has come or gone. */
  onPresence: () => void;
}

/**
 * One room: who is in it and what is said. People are told apart by identity; several tabs are one person.
 */
export class Room {
  readonly name: string;
  /** A moderator has closed it. */
  closed = false;
  /** When the last person left (epoch milliseconds). */
  emptySince = Date.now();
  readonly history: History;
  readonly #present = new Map<string, Presence>();
  readonly #sessions = new Set<Session>();
  // Who may catch up with what after they left.
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

  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  get summary(): RoomSummary {
    return { name: this.name, people: this.#present.size, ...(this.closed ? { closed: true } : {}) };
  }

  /** Whether nothing would be lost if the room were forgotten. */
  get forgettable(): boolean {
    return this.#present.size === 0 && !this.closed && this.history.empty;
  }

  /** Connections of a person in this room. */
  connectionsOf(personId: string): number {
    return this.#present.get(personId)?.sessions.size ?? 0;
  }

  /** Lets a session in, and returns what it gets to see. */
  enter(session: Session, since?: string): { entries: RoomEntry[]; complete: boolean } {
    const { member } = session;
    let presence = this.#present.get(member.person.id);
    if (!presence) {
      const absent = this.#absent.get(member.person.id);
      const after = absent && absent.until > Date.now() ? absent.after : this.history.last;
      presence = { member, sessions: new Set(), after, typedAt: 0 };
      this.#absent.delete(member.person.id);
      this.broadcast({ type: 'join', person: member.person, at: new Date().toISOString() });
      this.#present.set(member.person.id, presence);
      this.#onPresence();
    }
    presence.member = member;
    clearTimeout(presence.leaving);
    presence.sessions.add(session);
    this.#sessions.add(session);
    return this.#missed(presence, since);
  }

  #missed(presence: Presence, since: string | undefined): { entries: RoomEntry[]; complete: boolean } {
    if (since === undefined) return { entries: this.history.recent(), complete: true };
    const number = this.history.numberOf(since);
    if (number === undefined) {
      // An entry of another run. Right after a start that is what everybody has who comes back.
      const returned = Date.now() < this.#returnUntil;
      if (returned) presence.after = 0;
      return { entries: returned ? this.history.after(0).entries : this.history.recent(), complete: false };
    }
    // Anybody could name an early entry; only those who were here then get what followed.
    const from = this.history.length > 0 ? number : Math.max(number, presence.after);
    const { entries, complete } = this.history.after(from);
    return { entries, complete: complete && from === number };
  }

  /** Lets a session out; `now` without the grace in which it may come back. */
  leave(session: Session, now = false): void {
    const presence = this.#present.get(session.member.person.id);
    if (!this.#sessions.delete(session) || !presence) return;
    presence.sessions.delete(session);
    if (presence.sessions.size > 0) return;
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

  /** Says something to everybody here. */
  say(from: Person, { ref, text, action }: { ref: string; text: string; action: boolean }): MessageEvent {
    const said = { type: 'message', ref, room: this.name, from, text } as const;
    const message = this.history.append<MessageEvent>(action ? { ...said, action } : said);
    const presence = this.#present.get(from.id);
    // What they type next is news again.
    if (presence) presence.typedAt = 0;
    this.broadcast(message);
    return message;
  }

  /** Shows everybody else that somebody is typing. */
  typing({ person }: Member): void {
    const presence = this.#present.get(person.id);
    if (!presence || Date.now() - presence.typedAt < TYPING_MS) return;
    presence.typedAt = Date.now();
    this.broadcast({ type: 'typing', person: person.id }, (session) => session.member.person.id !== person.id);
  }

  /** Takes a message away from everybody. */
  remove(message: MessageEvent, by: Person): void {
    this.history.forget(message);
    this.broadcast(this.history.append<RemovedEvent>({ type: 'removed', message: message.id, by }));
  }

  broadcast(event: ServerEvent, to: (session: Session) => boolean = () => true): void {
    for (const session of this.#sessions) if (to(session)) session.deliver(event);
  }

  /** Forgets what is too old. */
  sweep(): void {
    this.history.sweep();
    const now = Date.now();
    for (const [id, { until }] of this.#absent) if (until <= now) this.#absent.delete(id);
  }

  /** Ends the waiting for those who might come back. */
  dispose(): void {
    for (const { leaving } of this.#present.values()) clearTimeout(leaving);
  }
}
