// Shows who is typing, and tells the chat that the user is.
import { byId } from './elements.js';
import { labelOf, listOf } from './words.js';

const SHOWN_MS = 5_000;
const TOLD_MS = 3_000;

export class Typing {
  #timers = new Map();
  #toldAt = 0;
  #send;
  #find;

  /** `send()` tells the chat; `find(id)` returns the person with an ID. */
  constructor({ send, find }) {
    this.#send = send;
    this.#find = find;
  }

  /** Shows that a person is typing. */
  show(id) {
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => this.hide(id), SHOWN_MS),
    );
    this.#draw();
  }

  /** Stops showing it. */
  hide(id) {
    clearTimeout(this.#timers.get(id));
    if (this.#timers.delete(id)) this.#draw();
  }

  clear() {
    for (const id of [...this.#timers.keys()]) this.hide(id);
    this.sent();
  }

  /** Must be called when the user has sent a message: the next thing they type is announced at once. */
  sent() {
    this.#toldAt = 0;
  }

  /** Must be called while the user types. */
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
