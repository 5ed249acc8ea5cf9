import { TokenBucket } from '../../token-bucket.ts';
import type { Person } from './event.ts';
import { foldName } from './text.ts';

/** Most names remembered for telling people apart. */
const MAX_NAMES = 5000;

/** A person the chat knows, and their limits: the same for all their tabs and devices. */
export class Member {
  person: Person;
  /** Open connections. */
  connections = 0;
  /** When a mute ends (epoch milliseconds). */
  mutedUntil = 0;
  /** Limits messages, in all rooms together. */
  readonly saying = new TokenBucket({ burst: 8, perSecond: 1 });
  /** Limits connections and room changes, which are announced to everyone in the room. */
  readonly moving = new TokenBucket({ burst: 20, perSecond: 1 });

  constructor(person: Person) {
    this.person = person;
  }

  get muted(): boolean {
    return this.mutedUntil > Date.now();
  }

  /** Whether the chat can forget them without losing anything. */
  get forgettable(): boolean {
    return this.connections === 0 && !this.muted && this.saying.full && this.moving.full;
  }
}

/** The people the chat has seen recently, by ID, and which of them could be mistaken for one another. */
export class Directory {
  readonly #members = new Map<string, Member>();
  readonly #names = new Map<string, Set<string>>();

  /**
   * Adds a person, or updates one whose name or picture may have changed. `changed` are the members that others have to
   * see anew: the person, and those who now share a name with someone.
   */
  update(person: Person): { member: Member; changed: Member[] } {
    const known = this.#members.get(person.id);
    const alike = this.#alike(person);
    const changed: Member[] = [];
    for (const id of alike.size > 1 ? alike : []) {
      const other = this.#members.get(id);
      if (!other || id === person.id || other.person.ambiguous) continue;
      other.person = { ...other.person, ambiguous: true };
      changed.push(other);
    }
    // rule: people whose names read the same are told apart — mutate: alike.size > 1 => false
    const now: Person = alike.size > 1 ? { ...person, ambiguous: true } : person;
    if (!known) {
      const member = new Member(now);
      this.#members.set(person.id, member);
      return { member, changed };
    }
    if (JSON.stringify(known.person) !== JSON.stringify(now)) {
      known.person = now;
      changed.push(known);
    }
    return { member: known, changed };
  }

  /** Forgets people who have left and are no longer limited. */
  sweep(): void {
    for (const [id, member] of this.#members) if (member.forgettable) this.#members.delete(id);
  }

  // Names are kept longer than people: messages of someone who left are still on the screens.
  #alike({ id, name }: Person): Set<string> {
    const folded = foldName(name);
    const ids = this.#names.get(folded) ?? new Set();
    ids.add(id);
    this.#names.set(folded, ids);
    for (const oldest of this.#names.keys()) {
      if (this.#names.size <= MAX_NAMES) break;
      this.#names.delete(oldest);
    }
    return ids;
  }
}
