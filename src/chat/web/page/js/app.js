// The page: passes events between the chat and the parts of the page.
import { Attention } from './attention.js';
import { Composer } from './composer.js';
import { Connection } from './connection.js';
import { button, byId, element } from './elements.js';
import { namesOf, RoomLog } from './log.js';
import { People } from './people.js';
import { setUpShare } from './share.js';
import { drawRooms, pathOf, roomOf, setUpSide } from './side.js';
import { Typing } from './typing.js';
import { labelOf, timeOf } from './words.js';

/** How many rooms keep their log. */
const MOST_LOGS = 8;

const logs = new Map();
const people = new People();
let room = roomOf(location.pathname);
let rooms = [];
let you = { id: '', name: '', handle: '', tags: [] };
let moderator = false;
let log = makeLog();

const connection = new Connection({
  onEvent(event) {
    attention.look();
    receive(event);
  },
  onState: drawState,
});
const typing = new Typing({ send: () => connection.send({ type: 'typing' }), find: (id) => people.get(id) });
const attention = new Attention({ onFirstUnread: (message) => log.markUnread(message) });
const composer = new Composer({ onSay: say, onTyping: () => typing.tell(), people: () => people.others });

setUpSide(enter);
setUpShare(() => room);
addEventListener('popstate', () => enter(roomOf(location.pathname)));
goTo(room);
connection.enter(room);
composer.focus();

function enter(name) {
  if (name !== room) connection.enter(name);
}

function say(text) {
  const [, name] = /^\/join\s+[#/]?([\w-]+)\s*$/.exec(text) ?? [];
  log.clearUnread();
  typing.sent();
  if (name) return enter(name.toLowerCase());
  const ref = connection.say(text);
  if (!/^\/(?!\/)/.test(text)) log.addWaiting(ref, text);
  drawEmpty();
  attention.toEnd();
}

const HANDLERS = {
  welcome(event) {
    ({ you, moderator } = event);
    goTo(event.room);
    composer.maxText = event.maxText;
    typing.clear();
    drawPeople(event.people);
    drawRooms(rooms, room);
    drawSelf();
    for (const entry of event.entries) receive(entry);
    if (!event.complete) log.addNotice('Some messages from while you were away may be missing.');
    drawEmpty(event.history);
    attention.added();
  },
  message(event) {
    typing.hide(event.from.id);
    const message = log.add(event);
    if (!message) return;
    drawEmpty();
    attention.added(event.from.id === you.id ? undefined : message);
  },
  removed: (event) => log.remove(event),
  refused({ ref, message }) {
    const failed = ref !== undefined && log.fail(ref, message, { onAgain: say });
    if (!failed) log.addNotice(message, { refusal: true });
    attention.added();
  },
  notice: ({ text }) => notify(text),
  join({ person }) {
    people.put(person);
    log.addNews('joined', person);
    attention.added();
  },
  leave({ person }) {
    people.delete(person);
    typing.hide(person.id);
    log.addNews('left', person);
    attention.added();
  },
  person: ({ person }) => people.put(person),
  you(event) {
    ({ you, moderator } = event);
    drawPeople([you, ...people.others]);
    drawSelf();
  },
  typing: ({ person }) => typing.show(person),
  rooms(event) {
    rooms = event.rooms;
    drawRooms(rooms, room);
  },
  muted({ person, by, until }) {
    people.mute(person, until);
    notify(`${labelOf(by)} muted ${person.id === you.id ? 'you' : labelOf(person)} until ${timeOf(until)}.`);
  },
  unmuted({ person, by }) {
    people.mute(person);
    notify(`${labelOf(by)} unmuted ${person.id === you.id ? 'you' : labelOf(person)}.`);
  },
  closed({ by }) {
    notify(`${labelOf(by)} closed this room.${moderator ? '' : ' Choose another one.'}`);
    if (!moderator) drawPeople([you]);
  },
  opened: ({ by }) => notify(`${labelOf(by)} reopened this room.`),
};

function receive(event) {
  // Later versions of the protocol may have other events.
  if (Object.hasOwn(HANDLERS, event.type)) HANDLERS[event.type](event);
}

function notify(text) {
  log.addNotice(text);
  attention.added();
}

function goTo(name) {
  const changed = name !== room;
  if (changed) {
    room = name;
    if (roomOf(location.pathname) !== name) history.pushState(null, '', pathOf(name));
  }
  if (changed || !logs.has(name)) {
    log = logs.get(name) ?? makeLog();
    // Drop the log of the least recently viewed room.
    logs.delete(name);
    logs.set(name, log);
    if (logs.size > MOST_LOGS) logs.delete(logs.keys().next().value);
    byId('log').replaceChildren(element('div', { id: 'empty', className: 'empty' }), log.entries, log.waiting);
    byId('room').textContent = name;
    attention.room = name;
    attention.toEnd();
  }
}

function makeLog() {
  return new RoomLog({
    get you() {
      return you;
    },
    names: () => [you, ...people.others].flatMap(namesOf),
    get onRemove() {
      return moderator ? (id) => connection.send({ type: 'remove', message: id }) : undefined;
    },
  });
}

function drawPeople(list) {
  const onMute = (person, minutes) =>
    connection.send(minutes > 0 ? { type: 'mute', person: person.id, minutes } : { type: 'unmute', person: person.id });
  people.set({ people: list, you, onMute: moderator ? onMute : undefined });
}

function drawSelf() {
  const known = `${you.handle}${moderator ? ' · moderator' : ''}`;
  byId('self').replaceChildren(element('strong', {}, you.name), known);
  // On a phone there is no room for the name, which is in the list of people too.
  const isNarrow = matchMedia('(max-width: 30rem)').matches;
  byId('text').placeholder = isNarrow ? `Message #${room}` : `Message #${room} as ${you.name}`;
}

let newcomersGet = 0;

function drawEmpty(history = newcomersGet) {
  newcomersGet = history;
  const empty = byId('empty');
  if (!empty) return;
  empty.hidden = !log.isEmpty;
  const kept = history > 0 ? `the last ${history} messages` : 'only new messages';
  empty.replaceChildren(
    element('strong', {}, `This is #${room}`),
    `People who join later see ${kept}. Nothing is saved to disk.`,
  );
}

function drawState({ name, reason }) {
  const status = byId('status');
  const again = button(name === 'ended' ? 'Rejoin' : 'Try now', () =>
    name === 'ended' ? connection.enter(room) : connection.retryNow(),
  );
  if (name === 'open') status.replaceChildren();
  else if (name === 'waiting')
    status.replaceChildren('Connection lost. Reconnecting… Your messages will be sent then.', again);
  else if (name === 'ended') status.replaceChildren(reason, again);
  status.classList.toggle('shown', status.hasChildNodes());
}
