// The field for writing a message: Enter sends it, Shift+Enter breaks the line, ArrowUp brings back the last one.
import { byId } from './elements.js';
import { Suggestions } from './suggestions.js';

/** The number of characters left is shown from here on down. */
const FEW_LEFT = 200;

export class Composer {
  maxText = 2000;
  #field = byId('text');
  #left = byId('left');
  #send = document.querySelector('.send');
  #suggestions;
  #last = '';
  #onSay;

  /** `onSay(text)` gets each message, `onTyping()` is called while the user types, `people()` returns the others. */
  constructor({ onSay, onTyping, people }) {
    this.#onSay = onSay;
    this.#suggestions = new Suggestions({ people });
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener('keydown', (event) => this.#key(event));
    this.#field.addEventListener('input', () => {
      this.#draw();
      if (this.#field.value.trim() !== '' && !this.#field.value.startsWith('/')) onTyping();
    });
    document.addEventListener('keydown', (event) => this.#catch(event));
    this.#draw();
  }

  focus() {
    this.#field.focus();
  }

  /** Puts a text back into the field. */
  restore(text) {
    this.#field.value = text;
    this.#draw();
    this.focus();
  }

  #key(event) {
    // The Enter that ends the composition of a character does not send the message.
    if (event.isComposing) return;
    if (this.#suggestions.handle(event.key)) event.preventDefault();
    else if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'ArrowUp' && this.#field.value === '' && this.#last !== '') {
      event.preventDefault();
      this.restore(this.#last);
    } else if (event.key === 'PageUp' || event.key === 'PageDown') {
      event.preventDefault();
      const log = byId('log');
      log.scrollBy({ top: (event.key === 'PageUp' ? -0.9 : 0.9) * log.clientHeight });
    }
  }

  /** Typing anywhere on the page goes to the message. */
  #catch(event) {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const typed = key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && !altKey;
    if (typed && !target.closest('input, textarea, button, a, dialog')) this.focus();
  }

  #submit() {
    const text = this.#field.value;
    if (text.trim() === '' || this.#remaining() < 0) return;
    this.#suggestions.close();
    this.#last = text;
    this.#field.value = '';
    this.#draw();
    this.#onSay(text);
  }

  #remaining() {
    return this.maxText - [...this.#field.value].length;
  }

  #draw() {
    const remaining = this.#remaining();
    this.#left.textContent = remaining <= FEW_LEFT ? remaining : '';
    this.#left.classList.toggle('over', remaining < 0);
    this.#send.disabled = this.#field.value.trim() === '' || remaining < 0;
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }
}
