import { randomBytes } from 'node:crypto';
import type { MessageEvent, Person, RoomEntry } from './event.ts';

/** How long a client that lost its connection can catch up with a message, in milliseconds. */
export const CATCH_UP_MS = 5 * 60_000;
/** Most entries kept for catching up, in addition to the history, whatever their age. */
const CATCH_UP_ENTRIES = 500;
/** Most characters of text a room keeps. */
const MAX_CHARACTERS = 512 * 1024;

/** The acknowledgment of a message, also for a sender that sends it a second time. */
export interface Receipt {
  id: string;
  at: string;
}

interface Slot {
  number: number;
  at: number;
  /** Undefined once a moderator has removed the message. */
  entry?: RoomEntry;
  refKey?: string;
}

/**
 * The latest entries of a room, in memory only: enough for a client that lost its connection to catch up, and the last
 * `length` messages for newcomers.
 */
export class History {
  /** How many messages newcomers get. */
  readonly length: number;
  // A room that was forgotten and created again must not reuse an ID.
  readonly #epoch = randomBytes(5).toString('hex');
  readonly #slots: Slot[] = [];
  readonly #receipts = new Map<string, Receipt>();
  #last = 0;
  #sweptTo = 0;
  #characters = 0;

  constructor(length: number) {
    this.length = length;
  }

  /** Number of the newest entry. */
  get last(): number {
    return this.#last;
  }

  get empty(): boolean {
    return this.#slots.length === 0;
  }

  /** Adds an entry, with an ID and a time. */
  append<T extends RoomEntry>(unnumbered: Omit<T, 'id' | 'at'>): T {
    this.#last += 1;
    const now = Date.now();
    const receipt = { id: `${this.#epoch}-${this.#last}`, at: new Date(now).toISOString() };
    const entry = { ...unnumbered, ...receipt } as unknown as T;
    const slot: Slot = { number: this.#last, at: now, entry };
    if (entry.type === 'message') {
      slot.refKey = refKey(entry.from, entry.ref);
      this.#receipts.set(slot.refKey, receipt);
    }
    this.#slots.push(slot);
    this.#characters += sizeOf(slot);
    this.sweep();
    return entry;
  }

  /** Returns the receipt of a message that the person already sent under this `ref`, if any. */
  receipt(from: Person, ref: string): Receipt | undefined {
    return this.#receipts.get(refKey(from, ref));
  }

  messages(): MessageEvent[] {
    return this.#slots.flatMap(({ entry }) => (entry?.type === 'message' ? [entry] : []));
  }

  /** Forgets a message but keeps its receipt: sending it again must not bring it back. */
  forget(message: MessageEvent): void {
    const slot = this.#slots.find(({ entry }) => entry === message);
    if (!slot) return;
    this.#characters -= sizeOf(slot);
    slot.entry = undefined;
  }

  /** Returns the number of an entry by its ID; undefined for an ID from elsewhere. */
  numberOf(id: string): number | undefined {
    const [, epoch, digits] = /^([0-9a-f]{10})-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    return epoch === this.#epoch && number <= this.#last ? number : undefined;
  }

  /** Returns the kept entries after a number, and whether none of them is missing. */
  after(number: number): { entries: RoomEntry[]; complete: boolean } {
    const entries = this.#slots.flatMap((slot) => (slot.number > number && slot.entry ? [slot.entry] : []));
    return { entries, complete: number >= this.#sweptTo };
  }

  /** Returns the messages that newcomers get. */
  recent(): RoomEntry[] {
    return this.length > 0 ? this.messages().slice(-this.length) : [];
  }

  /** Drops entries that are too old or too many. */
  sweep(): void {
    const oldest = Date.now() - CATCH_UP_MS;
    for (let first = this.#slots[0]; first && this.#isExcess(first, oldest); first = this.#slots[0]) {
      this.#slots.shift();
      this.#sweptTo = first.number;
      this.#characters -= sizeOf(first);
      if (first.refKey) this.#receipts.delete(first.refKey);
    }
  }

  #isExcess({ at }: Slot, oldest: number): boolean {
    if (this.#characters > MAX_CHARACTERS) return true;
    const beyond = this.#slots.length - this.length;
    return beyond > 0 && (at < oldest || beyond > CATCH_UP_ENTRIES);
  }
}

function refKey(from: Person, ref: string): string {
  return `${from.id} ${ref}`;
}

function sizeOf({ entry }: Slot): number {
  return entry?.type === 'message' ? entry.text.length : 0;
}
