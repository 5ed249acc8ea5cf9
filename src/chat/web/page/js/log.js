// The messages of one room, in the chat's order, each of them once.
import { avatar, button, element, paint, tags } from './elements.js';
import { mentions, textElement } from './text.js';
import { counted, dayOf, fullTimeOf, labelOf, listOf, timeOf } from './words.js';

/** Messages of one person within this time are shown together. */
const TURN_MS = 5 * 60_000;
/** Most messages kept on the page. */
const MOST_MESSAGES = 1000;

export class RoomLog {
  entries = element('div', { className: 'entries' });
  // Unacknowledged messages come last; screen readers announce them once they are acknowledged.
  waiting = element('div', { className: 'waiting', 'aria-live': 'off' });
  #seen = new Set();
  #messages = new Map();
  #turn;
  #day;
  #news;
  #context;

  /** `context` has `you`, `names()` (of everyone here), and `onRemove(id)` for moderators. */
  constructor(context) {
    this.#context = context;
  }

  get isEmpty() {
    return this.#messages.size === 0 && this.waiting.childElementCount === 0;
  }

  /** Adds a message; returns its element, or undefined if it is already here. */
  add(message) {
    const key = `${message.from.id} ${message.ref}`;
    if (this.#seen.has(message.id) || this.#seen.has(key)) return undefined;
    this.#seen.add(message.id).add(key);
    this.#waitingTurn(message.ref)?.remove();
    const made = this.#messageElement(message);
    this.#bodyFor(message).append(made);
    this.#messages.set(message.id, made);
    this.#trim();
    return made;
  }

  /** Shows a message that the chat has not acknowledged yet. */
  addWaiting(ref, written) {
    const { you } = this.#context;
    const turn = turnElement(you, element('span', { className: 'sent' }, 'sending…'));
    turn.dataset.ref = ref;
    turn.dataset.written = written;
    const text = textElement(written.replace(/^\/\//, '/'), this.#context.names());
    turn.lastChild.append(element('div', { className: 'message pending' }, text));
    this.waiting.append(turn);
  }

  #waitingTurn(ref) {
    return this.waiting.querySelector(`[data-ref="${CSS.escape(ref)}"]`);
  }

  /** Shows that a message was refused, with buttons to try again or discard it. */
  fail(ref, reason, { onAgain }) {
    const turn = this.#waitingTurn(ref);
    if (!turn) return false;
    turn.querySelector('.sent').textContent = 'not sent';
    const again = button('Try again', () => {
      turn.remove();
      onAgain(turn.dataset.written);
    });
    const failure = element(
      'div',
      { className: 'failure', role: 'alert' },
      reason,
      again,
      button('Discard', () => turn.remove()),
    );
    turn.lastChild.append(failure);
    return true;
  }

  remove({ message: id, by }) {
    const message = this.#messages.get(id);
    if (!message) return;
    message.className = 'message removed';
    message.replaceChildren(element('div', { className: 'text' }, `${labelOf(by)} removed this message.`));
  }

  /** Adds a line about someone who joined or left; several of a kind become one line. */
  addNews(kind, person) {
    if (this.#news?.kind !== kind || this.entries.lastChild !== this.#news.line) {
      this.#news = { kind, names: [], line: element('p', { className: 'news' }) };
      this.#append(this.#news.line);
    }
    const name = labelOf(person);
    if (!this.#news.names.includes(name)) this.#news.names.push(name);
    this.#news.line.textContent = `${listOf(this.#news.names)} ${kind}`;
  }

  /** Adds a note that only this page gets. */
  addNotice(text, { refusal = false } = {}) {
    const notice = element('div', { className: 'notice' }, text);
    if (refusal) notice.classList.add('refusal');
    if (text.includes('\n')) notice.classList.add('aligned');
    notice.append(button('×', () => notice.remove(), 'icon-button'));
    notice.lastChild.setAttribute('aria-label', 'Dismiss');
    this.#append(notice);
  }

  /** Draws a line above the first unread message. */
  markUnread(message) {
    this.entries.querySelector('.day.unread')?.remove();
    const turn = message.closest('.turn');
    turn.before(element('div', { className: 'day unread' }, 'New'));
  }

  clearUnread() {
    this.entries.querySelector('.day.unread')?.remove();
  }

  #append(line) {
    this.#turn = undefined;
    this.entries.append(line);
  }

  #bodyFor({ from, at, action }) {
    const day = new Date(at).toDateString();
    if (day !== this.#day) {
      this.#day = day;
      // A day labeled as today may be yesterday now.
      for (const label of this.entries.querySelectorAll('.day time')) label.textContent = dayOf(label.dateTime);
      const label = element('time', { dateTime: at }, dayOf(at));
      this.#append(element('div', { className: 'day' }, label));
    }
    const turn = this.#turn;
    const continues = turn && !action && turn.from === from.id && turn.name === labelOf(from);
    if (!continues || Date.parse(at) - turn.at > TURN_MS) {
      const made = turnElement(from, element('time', { dateTime: at, title: fullTimeOf(at) }, timeOf(at)));
      this.#append(made);
      this.#turn = { from: from.id, name: labelOf(from), at: Date.parse(at), body: made.lastChild };
    }
    return this.#turn.body;
  }

  #messageElement({ id, from, text, action, at }) {
    const { you, names, onRemove } = this.#context;
    const made = element('div', { className: 'message', title: fullTimeOf(at) });
    const shown = textElement(text, names());
    if (action) {
      made.classList.add('action');
      shown.prepend(element('strong', {}, `${labelOf(from)} `));
    }
    if (from.id !== you.id && mentions(text, namesOf(you))) made.classList.add('mention');
    made.append(shown);
    if (onRemove)
      made.append(
        element(
          'div',
          { className: 'tools' },
          button('Remove', () => onRemove(id)),
        ),
      );
    return made;
  }

  #trim() {
    if (this.#messages.size <= MOST_MESSAGES) return;
    const [id, oldest] = this.#messages.entries().next().value;
    this.#messages.delete(id);
    const turn = oldest.closest('.turn');
    oldest.remove();
    if (!turn.querySelector('.message')) turn.remove();
  }
}

/** Returns the names by which a person can be mentioned. */
export function namesOf({ name, handle }) {
  return [...new Set([name, name.split(' ')[0], handle, handle.split(/[@.]/)[0]])].filter((text) => text.length > 1);
}

/** Returns the label of the button that leads to new messages. */
export function newerLabel(count) {
  return `↓ ${counted(count, 'new message', 'new messages')}`;
}

function turnElement(person, ...more) {
  const name = paint(element('span', { className: 'name', title: person.handle }, person.name), person);
  const handle = person.ambiguous ? element('span', { className: 'handle' }, person.handle) : undefined;
  const header = element('header', {}, name, handle, ...tags(person), ...more);
  return element('div', { className: 'turn' }, avatar(person), element('div', { className: 'body' }, header));
}
