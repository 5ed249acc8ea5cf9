// The list of rooms, and the side panel, which covers the messages on a phone.
import { byId, element } from './elements.js';

/** Draws the list of rooms as real links, so that a room can be opened in a new tab. */
export function drawRooms(rooms, current) {
  const listed = rooms.some(({ name }) => name === current) ? rooms : [{ name: current, people: 1 }, ...rooms];
  byId('rooms').replaceChildren(
    ...listed.map(({ name, people, closed }) => {
      const label = element('span', { className: 'room-label' }, name);
      const count = element('span', { className: 'people-in' }, closed ? 'closed' : people || '');
      const properties = { href: pathOf(name), 'data-room': name, 'aria-current': name === current && 'page' };
      const hash = element('span', { className: 'hash', 'aria-hidden': 'true' }, '#');
      return element('li', {}, element('a', properties, hash, label, count));
    }),
  );
}

export const pathOf = (room) => (room === 'lobby' ? '/' : `/${room}`);
export const roomOf = (path) => path.slice(1).toLowerCase() || 'lobby';

/** Sets up the side panel; `onEnter(name)` is called with the room to go to. */
export function setUpSide(onEnter) {
  const enter = (name) => {
    setOpen(false);
    onEnter(name);
  };
  byId('rooms').addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    enter(link.dataset.room);
  });
  byId('room-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const field = byId('room-name');
    const name = field.value
      .trim()
      .replace(/^[#/]/, '')
      .replace(/[\s_]+/g, '-')
      .toLowerCase();
    if (name === '') return;
    field.value = '';
    enter(name);
  });
  byId('side-open').onclick = () => setOpen(true);
  byId('side-close').onclick = () => setOpen(false);
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && setOpen(false));
  document.addEventListener('pointerdown', ({ target }) => {
    if (isOpen() && !target.closest('#side, #side-open')) setOpen(false);
  });
}

const isOpen = () => byId('side').classList.contains('open');

function setOpen(open) {
  if (open === isOpen()) return;
  byId('side').classList.toggle('open', open);
  byId('side-open').setAttribute('aria-expanded', open);
  byId(open ? 'side-close' : 'side-open').focus();
}
