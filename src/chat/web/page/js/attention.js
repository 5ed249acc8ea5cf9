// Unread messages: in the title, in the icon, and as a button if the reader has scrolled up.
import { byId } from './elements.js';
import { newerLabel } from './log.js';

/** How close to the end still counts as at the end, in pixels. */
const NEAR = 80;

export class Attention {
  #log = byId('log');
  #newer = byId('newer');
  #room = '';
  #unread = 0;
  #below = 0;
  #atEnd = true;
  /** Last known scroll position of the log. */
  #top = 0;
  #onFirstUnread;

  /** `onFirstUnread(element)` is called with the first message that arrives while the page is not in view. */
  constructor({ onFirstUnread }) {
    this.#onFirstUnread = onFirstUnread;
    this.#log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // An on-screen keyboard or a growing text field must not push the last message out of view.
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.#log);
    this.#newer.onclick = () => this.toEnd();
    for (const event of ['focus', 'visibilitychange']) addEventListener(event, () => this.#looked());
    document.addEventListener('visibilitychange', () => this.#looked());
  }

  set room(name) {
    this.#room = name;
    this.#unread = 0;
    this.#below = 0;
    this.#draw();
  }

  get looking() {
    return document.visibilityState === 'visible' && document.hasFocus();
  }

  /** Must be called before adding something: the scroll event is a frame late, after the log has moved back to its end. */
  look() {
    if (this.#log.scrollTop < this.#top) this.#scrolled();
  }

  /** Must be called after adding something; `message` is the element of someone else's message. */
  added(message) {
    if (message && !this.looking) {
      if (this.#unread === 0) this.#onFirstUnread(message);
      this.#unread += 1;
    }
    if (this.#atEnd) this.toEnd();
    else if (message) this.#below += 1;
    this.#draw();
  }

  toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#top = this.#log.scrollTop;
    this.#atEnd = true;
    this.#below = 0;
    this.#draw();
  }

  #scrolled() {
    this.#top = this.#log.scrollTop;
    this.#atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR;
    if (this.#atEnd && this.#below > 0) {
      this.#below = 0;
      this.#draw();
    }
  }

  #looked() {
    if (!this.looking || this.#unread === 0) return;
    this.#unread = 0;
    this.#draw();
  }

  #draw() {
    document.title = `${this.#unread > 0 ? `(${this.#unread}) ` : ''}${this.#room} · chat`;
    const icon = this.#unread > 0 ? '/-/icon-unread.svg' : '/-/icon.svg';
    const link = document.querySelector('link[rel=icon]');
    if (link.getAttribute('href') !== icon) link.setAttribute('href', icon);
    this.#newer.hidden = this.#below === 0;
    if (this.#below > 0) this.#newer.textContent = newerLabel(this.#below);
  }
}
