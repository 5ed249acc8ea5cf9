// Completes names after `@`, emoji after `:`, and commands after `/`.
import { avatar, byId, element } from './elements.js';

const MOST = 7;

const COMMANDS = [
  ['/me', 'describe what you are doing'],
  ['/who', 'list the people in this room'],
  ['/rooms', 'list the rooms'],
  ['/join', 'go to a room'],
  ['/help', 'list all commands'],
];

export class Suggestions {
  #field = byId('text');
  #list = byId('suggestions');
  #people;
  #emoji;
  #start = 0;
  #selected = 0;
  #offered = [];

  /** `people()` returns the people who can be mentioned. */
  constructor({ people }) {
    this.#people = people;
    this.#field.addEventListener('blur', () => this.close());
    this.#field.addEventListener('input', () => this.#update());
    // Not on click, because the field would lose the focus first.
    this.#list.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      const index = [...this.#list.children].indexOf(event.target.closest('[role=option]'));
      if (index >= 0) this.#take(index);
    });
  }

  get isOpen() {
    return this.#offered.length > 0;
  }

  close() {
    this.#show([]);
  }

  /** Handles a key; returns whether it was for the suggestions. */
  handle(key) {
    if (!this.isOpen) return false;
    if (key === 'ArrowDown') this.#select(this.#selected + 1);
    else if (key === 'ArrowUp') this.#select(this.#selected - 1);
    else if (key === 'Enter' || key === 'Tab') this.#take(this.#selected);
    else if (key === 'Escape') this.close();
    else return false;
    return true;
  }

  async #update() {
    const { value, selectionStart } = this.#field;
    const before = value.slice(0, selectionStart);
    const [, word] = /(?:^|\s)([@:/][\p{L}\p{N}_.+-]*)$/u.exec(before) ?? [];
    this.#start = before.length - (word?.length ?? 0);
    if (word === undefined) this.close();
    else if (word[0] === '@') this.#show(this.#names(word.slice(1).toLowerCase()));
    else if (word[0] === ':' && word.length > 2) this.#show(await this.#emojiLike(word.slice(1).toLowerCase()));
    else if (word[0] === '/' && this.#start === 0) this.#show(commandsLike(word.toLowerCase()));
    else this.close();
  }

  #names(typed) {
    const fits = ({ name, handle }) =>
      handle.toLowerCase().startsWith(typed) ||
      name
        .toLowerCase()
        .split(' ')
        .some((part) => part.startsWith(typed));
    return this.#people()
      .filter(fits)
      .slice(0, MOST)
      .map((person) => ({
        text: `@${person.ambiguous ? person.handle : person.name} `,
        shown: [avatar(person), person.name, hint(person.handle)],
      }));
  }

  async #emojiLike(typed) {
    this.#emoji ??= fetch('/-/emoji.json').then(
      (response) => response.json(),
      () => [],
    );
    const all = await this.#emoji;
    const fitting = all
      .filter(([name]) => name.startsWith(typed))
      .concat(all.filter(([name]) => name.indexOf(typed) > 0));
    return fitting.slice(0, MOST).map(([name, emoji]) => ({ text: `${emoji} `, shown: [emoji, hint(`:${name}:`)] }));
  }

  #show(offered) {
    this.#offered = offered;
    this.#list.hidden = offered.length === 0;
    this.#list.replaceChildren(
      ...offered.map(({ shown }, index) => element('div', { id: `suggestion-${index}`, role: 'option' }, ...shown)),
    );
    if (offered.length > 0) this.#select(0);
    else this.#field.removeAttribute('aria-activedescendant');
  }

  #select(index) {
    this.#selected = (index + this.#offered.length) % this.#offered.length;
    for (const [at, row] of [...this.#list.children].entries())
      row.setAttribute('aria-selected', at === this.#selected);
    this.#field.setAttribute('aria-activedescendant', `suggestion-${this.#selected}`);
  }

  #take(index) {
    this.#field.setRangeText(this.#offered[index].text, this.#start, this.#field.selectionStart, 'end');
    this.close();
    this.#field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
}

function commandsLike(typed) {
  const fitting = COMMANDS.filter(([command]) => command.startsWith(typed) && command !== typed);
  return fitting.map(([command, does]) => ({ text: `${command} `, shown: [command, hint(does)] }));
}

function hint(text) {
  return element('span', { className: 'hint' }, text);
}
