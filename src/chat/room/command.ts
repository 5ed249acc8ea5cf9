/** What begins with a slash is for the chat, the same on the page, in a terminal and through `nc`. */
import type { Person } from './event.ts';
import { closeRoom, MAX_MUTE_MINUTES, mute, openRoom, removeMessage, unmute } from './moderation.ts';
import { labelOf } from './person.ts';
import { Refusal } from './refusal.ts';
import { roomName } from './room-name.ts';
import type { Session } from './session.ts';

interface Command {
  usage: string;
  does: string;
  moderator?: true;
  run(session: Session, rest: string, ref: string): Refusal | undefined;
}

const COMMANDS: Record<string, Command> = {
  me: {
    usage: '/me waves',
    does: 'say what you do',
    run: (session, rest, ref) =>
      rest === '' ? new Refusal('empty', 'Say what you do: /me waves') : session.post(rest, ref, true),
  },
  who: { usage: '/who', does: 'who is here', run: (session) => notice(session, who(session)) },
  rooms: { usage: '/rooms', does: 'which rooms there are', run: (session) => notice(session, rooms(session)) },
  join: {
    usage: '/join design',
    does: 'go to a room, or make it',
    run(session, rest) {
      const name = rest === '' ? undefined : roomName(rest);
      if (name) return session.join(name);
      return new Refusal('bad-room', 'A room has 1 to 32 letters, digits and dashes in its name: /join design');
    },
  },
  help: { usage: '/help', does: 'this list', run: (session) => notice(session, help(session)) },
  quit: {
    usage: '/quit',
    does: 'leave',
    run(session) {
      session.close('quit');
      return undefined;
    },
  },
  remove: {
    usage: '/remove bob',
    does: "remove somebody's last message",
    moderator: true,
    run(session, rest) {
      const messages = session.room?.history.messages() ?? [];
      const authors = new Map(messages.map(({ from }) => [from.id, from]));
      return withPerson(rest, [...authors.values()], ({ id }) =>
        removeMessage(session, messages.findLast(({ from }) => from.id === id)?.id ?? ''),
      );
    },
  },
  mute: {
    usage: '/mute bob 10',
    does: 'let somebody only read, for some minutes',
    moderator: true,
    run(session, rest) {
      const [, name = rest, minutes = '10'] = /^(.*?)\s+(\d{1,5})$/.exec(rest) ?? [];
      const limited = Math.min(Math.max(Number(minutes), 1), MAX_MUTE_MINUTES);
      return withPerson(name, session.room?.people ?? [], ({ id }) => mute(session, id, limited));
    },
  },
  unmute: {
    usage: '/unmute bob',
    does: 'let somebody write again',
    moderator: true,
    run: (session, rest) => withPerson(rest, session.room?.people ?? [], ({ id }) => unmute(session, id)),
  },
  close: { usage: '/close', does: 'close this room', moderator: true, run: (session) => closeRoom(session) },
  open: {
    usage: '/open design',
    does: 'open a closed room again',
    moderator: true,
    run: (session, rest) => openRoom(session, roomName(rest) ?? rest),
  },
};

/** The commands that somebody may use, with their slashes. */
export function commandNames(moderator: boolean): string[] {
  const names = Object.keys(COMMANDS).filter((name) => moderator || !COMMANDS[name]?.moderator);
  return names.map((name) => `/${name}`);
}

/** Whether a text is for the chat; `//` begins a text with a slash. */
export function isCommand(text: string): boolean {
  return /^\/(?!\/)/.test(text);
}

/** Does what a command asks for. */
export function runCommand(session: Session, text: string, ref: string): Refusal | undefined {
  const [, word = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? [];
  const name = word.toLowerCase();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    return new Refusal('not-found', `There is no command /${name}; /help lists them. To say it, write //${word}.`);
  }
  // What becomes no message is acknowledged all the same: its sender waits for that.
  if (name !== 'me') session.deliver({ type: 'ack', ref });
  return command.run(session, rest.trim(), ref);
}

function notice(session: Session, text: string): undefined {
  session.deliver({ type: 'notice', text });
}

function help({ moderator }: Session): string {
  const shown = Object.values(COMMANDS).filter((command) => moderator || !command.moderator);
  const width = Math.max(...shown.map(({ usage }) => usage.length));
  return shown.map(({ usage, does }) => `${usage.padEnd(width)}  ${does}`).join('\n');
}

function who({ room }: Session): string {
  const lines = (room?.people ?? []).map((person) => {
    const connections = room?.connectionsOf(person.id) ?? 0;
    const tags = person.tags.length > 0 ? ` [${person.tags.join(', ')}]` : '';
    const handle = person.handle === person.name ? '' : ` (${person.handle})`;
    return `${person.name}${handle}${tags}${connections > 1 ? `, ${connections} connections` : ''}`;
  });
  return lines.join('\n');
}

function rooms({ chat }: Session): string {
  const lines = chat.rooms.map(({ name, people, closed }) => {
    return `${name}: ${people === 1 ? '1 person' : `${people} people`}${closed ? ', closed' : ''}`;
  });
  return lines.join('\n');
}

/** Does something to the one person whom a name means: by login, name, or the beginning of either. */
function withPerson(
  name: string,
  people: Person[],
  action: (person: Person) => Refusal | undefined,
): Refusal | undefined {
  const wanted = name.replace(/^@/, '').toLowerCase();
  const matches = (test: (text: string) => boolean) =>
    people.filter((person) => test(person.handle.toLowerCase()) || test(person.name.toLowerCase()));
  const exact = matches((text) => text === wanted);
  const found = exact.length > 0 ? exact : matches((text) => wanted !== '' && text.startsWith(wanted));
  const [person, other] = found;
  if (!person) return new Refusal('not-found', `Nobody here is called ${JSON.stringify(name)}.`);
  if (!other) return action(person);
  return new Refusal('not-found', `That may be ${found.map(labelOf).join(' or ')}; write the login.`);
}
