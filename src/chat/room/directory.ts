import { TokenBucket } from './bucket.ts';
import type { Person } from './event.ts';
import { foldName } from './text.ts';

/** Most names that are remembered for telling people apart. */
const MAX_NAMES = 5000;

/** Somebody the chat has met, and what limits them: the same for all their tabs and devices. */
export class Member {
  person: Person;
  /** Open connections. */
  connections = 0;
  /** Until when they may only read (epoch milliseconds). */
  mutedUntil = 0;
  /** Limits what they say, in all rooms together. */
  readonly saying = new TokenBucket({ burst: 8, perSecond: 1 });
  /** Limits connecting and changing rooms, which everybody in the room is told of. */
  readonly moving = new TokenBucket({ burst: 20, perSecond: 1 });

  constructor(person: Person) {
    this.person = person;
  }

  get muted(): boolean {
    return this.mutedUntil > Date.now();
  }

  /** Whether nothing is lost when the chat forgets them. */
  get forgettable(): boolean {
    return this.connections === 0 && !this.muted && this.saying.full && this.moving.full;
  }
}

/** Everybody whom the chat has met lately, by ID, and who of them could be taken for one another. */
export class Directory {
  readonly #members = new Map<string, Member>();
  readonly #names = new Map<string, Set<string>>();

  get(id: string): Member | undefined {
    return this.#members.get(id);
  }

  /**
   * Meets a person, perhaps again and under a new name. `changed` are the members whom others have to see anew: the
   * person itself, and those who now share a name with somebody.
   */
  meet(person: Person): { member: Member; changed: Member[] } {
    const known = this.#members.get(person.id);
    const alike = this.#alike(person);
    const changed: Member[] = [];
    for (const id of alike.size > 1 ? alike : []) {
      const other = this.#members.get(id);
      if (!other || id === person.id || other.person.ambiguous) continue;
      other.person = { ...other.person, ambiguous: true };
      changed.push(other);
    }
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

  /** Forgets those who have gone and whom nothing limits any more. */
  sweep(): void {
    for (const [id, member] of this.#members) if (member.forgettable) this.#members.delete(id);
  }

  // Names outlive their bearers here: messages of somebody who left are still on the screens.
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
