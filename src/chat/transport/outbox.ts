import { randomBytes } from 'node:crypto';
import type { ServerEvent } from '../room/event.ts';

interface Said {
  ref: string;
  text: string;
  room: string;
}

/**
 * Messages that the chat has not acknowledged yet, in order. Only one is in flight at a time, so that none overtakes one
 * that the chat refused for a moment; the chat recognizes repeated messages by their `ref`.
 */
export class Outbox {
  readonly #send: (said: { ref: string; text: string }) => void;
  readonly #said: Said[] = [];
  #room: string | undefined;
  #sending: string | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor(send: (said: { ref: string; text: string }) => void) {
    this.#send = send;
  }

  /** How many messages the chat has not acknowledged yet. */
  get length(): number {
    return this.#said.length;
  }

  /** Adds a message for the current room, and returns its `ref`. */
  add(text: string, ref: string = randomBytes(12).toString('hex')): string {
    this.#said.push({ ref, text, room: this.#room ?? '' });
    this.#pump();
    return ref;
  }

  /** Starts to send the messages for a room; undefined while there is no connection. */
  enter(room: string | undefined): void {
    clearTimeout(this.#pause);
    this.#room = room ?? this.#room;
    this.#sending = room === undefined ? '' : undefined;
    // Messages from before the first room was known are meant for that room.
    for (const said of this.#said) said.room ||= room ?? '';
    this.#pump();
  }

  /** Takes an event from the chat; returns whether it needs no further handling. */
  notice(event: ServerEvent): boolean {
    if (event.type === 'refused' && event.ref !== undefined && event.retryAfter !== undefined) {
      this.#pause = setTimeout(() => this.#next(), event.retryAfter);
      return true;
    }
    if ((event.type === 'ack' || event.type === 'refused') && event.ref !== undefined) {
      const index = this.#said.findIndex(({ ref }) => ref === event.ref);
      if (index >= 0) this.#said.splice(index, 1);
      if (this.#sending === event.ref) this.#next();
    }
    return false;
  }

  clear(): void {
    clearTimeout(this.#pause);
    this.#said.length = 0;
  }

  #next(): void {
    this.#sending = undefined;
    this.#pump();
  }

  #pump(): void {
    const first = this.#said.find(({ room }) => room === this.#room);
    if (!first || this.#room === undefined || this.#sending !== undefined) return;
    this.#sending = first.ref;
    this.#send({ ref: first.ref, text: first.text });
  }
}
