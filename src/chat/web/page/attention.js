// What the reader has not seen: in the title, in the icon, and as a button where they have scrolled away.
import { byId } from './elements.js';
import { newerLabel } from './log.js';

/** So near to the end still counts as there, in pixels. */
const NEAR = 80;

export class Attention {
  #log = byId('log');
  #newer = byId('newer');
  #room = '';
  #unread = 0;
  #below = 0;
  #atEnd = true;
  /** Where the log was scrolled to when that was last looked at. */
  #top = 0;
  #onFirstUnread;

  /** `onFirstUnread(element)` is called with the first message that comes while nobody looks. */
  constructor({ onFirstUnread }) {
    this.#onFirstUnread = onFirstUnread;
    this.#log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    // A keyboard that comes up, or a text that grows, must not push the last message out of sight.
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

  /** Something will be added. The event that tells of scrolling comes a frame late, and would find the reader taken back. */
  look() {
    if (this.#log.scrollTop < this.#top) this.#scrolled();
  }

  /** Something was added; `message` is its element where it is a message of somebody else. */
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
