// The people in the room, then the devices, each once no matter how many tabs they have.
import { avatar, button, byId, element, tags } from './elements.js';
import { labelOf, listOf } from './words.js';

/** Most avatars in the bar. */
const MOST_FACES = 4;

export class People {
  #people = new Map();
  #rows = new Map();
  #muted = new Map();
  #you;
  #onMute;
  #due = false;

  /** `onMute(person, minutes)` is for moderators; 0 minutes unmutes. */
  set({ people, you, onMute }) {
    this.#people = new Map(people.map((person) => [person.id, person]));
    this.#rows.clear();
    this.#you = you;
    this.#onMute = onMute;
    this.#schedule();
  }

  put(person) {
    this.#people.set(person.id, person);
    this.#rows.delete(person.id);
    this.#schedule();
  }

  delete(person) {
    this.#people.delete(person.id);
    this.#rows.delete(person.id);
    this.#schedule();
  }

  get(id) {
    return this.#people.get(id);
  }

  /** Everyone but the reader. */
  get others() {
    return [...this.#people.values()].filter(({ id }) => id !== this.#you?.id);
  }

  /** Notes until when a person is muted; undefined if they no longer are. */
  mute(person, until) {
    if (until) this.#muted.set(person.id, until);
    else this.#muted.delete(person.id);
    this.#rows.delete(person.id);
    this.#schedule();
  }

  // Many people may join at once; the list is drawn once for all of them.
  #schedule() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw() {
    const all = [...this.#people.values()].sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
    const users = all.filter(({ kind }) => kind === 'user');
    const devices = all.filter(({ kind }) => kind === 'device');
    byId('people').replaceChildren(...users.map((person) => this.#row(person)));
    byId('devices').replaceChildren(...devices.map((person) => this.#row(person)));
    byId('people-count').textContent = users.length || '';
    byId('devices-count').textContent = devices.length || '';
    byId('devices-title').hidden = devices.length === 0;
    const { others } = this;
    byId('summary').textContent =
      others.length === 0
        ? 'No one else is here yet'
        : `${all.length} here: ${listOf(['you', ...others.map(labelOf)], 4)}`;
    byId('stack').replaceChildren(...others.slice(0, MOST_FACES).map((person) => element('li', {}, avatar(person))));
  }

  #row(person) {
    let row = this.#rows.get(person.id);
    if (!row) {
      row = this.#makeRow(person);
      this.#rows.set(person.id, row);
    }
    return row;
  }

  #makeRow(person) {
    const name = element('span', {}, person.name, person.id === this.#you.id ? ' (you)' : '');
    const under = person.tags.length > 0 ? tags(person) : [person.handle];
    const who = element(
      'span',
      { className: 'who', title: person.handle },
      name,
      element('span', { className: 'handle' }, ...under),
    );
    const muted = this.#muted.get(person.id) > new Date().toISOString();
    if (muted) who.append(element('span', { className: 'muted-mark' }, 'muted'));
    const row = element('li', {}, avatar(person), who);
    if (this.#onMute && person.id !== this.#you.id) row.append(this.#muteButton(person, muted));
    return row;
  }

  #muteButton(person, muted) {
    const made = button(muted ? 'Unmute' : 'Mute', () => this.#onMute(person, muted ? 0 : 10), 'mute');
    made.setAttribute('aria-label', muted ? `Unmute ${labelOf(person)}` : `Mute ${labelOf(person)} for 10 minutes`);
    return made;
  }
}
