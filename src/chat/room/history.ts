import { randomBytes } from 'node:crypto';
import type { MessageEvent, Person, RoomEntry } from './event.ts';

/** How long a message can be caught up with after a connection was lost, in milliseconds. */
export const CATCH_UP_MS = 5 * 60_000;
/** Most entries kept for catching up beyond the history, whatever their age. */
const CATCH_UP_ENTRIES = 500;
/** Most characters of text that a room keeps. */
const MAX_CHARACTERS = 512 * 1024;

/** That a message was received: what its sender is told, also when it sends the message a second time. */
export interface Receipt {
  id: string;
  at: string;
}

interface Slot {
  number: number;
  at: number;
  /** Absent once a moderator has removed the message. */
  entry?: RoomEntry;
  refKey?: string;
}

/**
 * The last entries of a room, in memory only: enough for a client that lost its connection to catch up, and the last
 * `length` messages for newcomers.
 */
export class History {
  /** How many messages newcomers get. */
  readonly length: number;
  // A room that was forgotten and made anew must not give out an ID a second time.
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

  /** Numbers, dates and keeps an entry. */
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

  /** The receipt of a message that the person has sent under this name of their own; undefined when there is none. */
  receipt(from: Person, ref: string): Receipt | undefined {
    return this.#receipts.get(refKey(from, ref));
  }

  messages(): MessageEvent[] {
    return this.#slots.flatMap(({ entry }) => (entry?.type === 'message' ? [entry] : []));
  }

  /** Forgets a message; its receipt stays, so that its sender does not bring it back by sending it again. */
  forget(message: MessageEvent): void {
    const slot = this.#slots.find(({ entry }) => entry === message);
    if (!slot) return;
    this.#characters -= sizeOf(slot);
    slot.entry = undefined;
  }

  /** The number in an ID of this history; undefined for any other ID. */
  numberOf(id: string): number | undefined {
    const [, epoch, digits] = /^([0-9a-f]{10})-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    return epoch === this.#epoch && number <= this.#last ? number : undefined;
  }

  /** Every kept entry after a number, and whether none before them is missing. */
  after(number: number): { entries: RoomEntry[]; complete: boolean } {
    const entries = this.#slots.flatMap((slot) => (slot.number > number && slot.entry ? [slot.entry] : []));
    return { entries, complete: number >= this.#sweptTo };
  }

  /** What newcomers get. */
  recent(): RoomEntry[] {
    return this.length > 0 ? this.messages().slice(-this.length) : [];
  }

  /** Forgets what is too old or too much. */
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
