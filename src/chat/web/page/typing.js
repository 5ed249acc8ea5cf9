// Who is typing, and that the reader is.
import { byId } from './elements.js';
import { labelOf, listOf } from './words.js';

const SHOWN_MS = 5_000;
const TOLD_MS = 3_000;

export class Typing {
  #timers = new Map();
  #toldAt = 0;
  #send;
  #find;

  /** `send()` tells the chat; `find(id)` is the person of an ID. */
  constructor({ send, find }) {
    this.#send = send;
    this.#find = find;
  }

  /** Somebody is typing. */
  show(id) {
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => this.hide(id), SHOWN_MS),
    );
    this.#draw();
  }

  /** Somebody has written, or gone. */
  hide(id) {
    clearTimeout(this.#timers.get(id));
    if (this.#timers.delete(id)) this.#draw();
  }

  clear() {
    for (const id of [...this.#timers.keys()]) this.hide(id);
    this.sent();
  }

  /** The reader has sent what they were typing: what they type next is news again. */
  sent() {
    this.#toldAt = 0;
  }

  /** The reader is typing. */
  tell() {
    if (Date.now() - this.#toldAt < TOLD_MS) return;
    this.#toldAt = Date.now();
    this.#send();
  }

  #draw() {
    const names = [...this.#timers.keys()]
      .map((id) => this.#find(id))
      .filter(Boolean)
      .map(labelOf);
    const verb = names.length === 1 ? 'is' : 'are';
    byId('typing').textContent = names.length === 0 ? '' : `${listOf(names)} ${verb} typing…`;
  }
}
