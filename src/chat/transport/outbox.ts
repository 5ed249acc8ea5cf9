import { randomBytes } from 'node:crypto';
import type { ServerEvent } from '../room/event.ts';

interface Said {
  ref: string;
  text: string;
  room: string;
}

/**
 * What has been said and not been acknowledged yet, in its order. One message at a time is on its way, so that one that
 * the chat refuses for a moment is not overtaken; the chat tells by the ref what it has received before.
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

  /** How many messages the chat has yet to receive. */
  get length(): number {
    return this.#said.length;
  }

  /** Adds something to be said in the room of the moment. */
  add(text: string, ref: string = randomBytes(12).toString('hex')): string {
    this.#said.push({ ref, text, room: this.#room ?? '' });
    this.#pump();
    return ref;
  }

  /** Sends what waits for a room, from now on; undefined while there is no connection. */
  enter(room: string | undefined): void {
    clearTimeout(this.#pause);
    this.#room = room ?? this.#room;
    this.#sending = room === undefined ? '' : undefined;
    // What was said before the first room was known is meant for that one.
    for (const said of this.#said) said.room ||= room ?? '';
    this.#pump();
  }

  /** Takes note of an answer; returns whether that was all there is to do about it. */
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
