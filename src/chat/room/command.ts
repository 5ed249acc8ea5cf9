/** Slash commands, the same on the page, in a terminal, and through `nc`. */
import { asciiLower } from '../../identity/ascii.ts';
import { type Person, Refusal } from './event.ts';
import { closeRoom, MAX_MUTE_MINUTES, mute, openRoom, removeMessage, unmute } from './moderation.ts';
import type { Participant } from './participant.ts';
import { labelOf } from './person.ts';
import { roomName } from './room-name.ts';

interface Command {
  usage: string;
  does: string;
  moderator?: true;
  run(session: Participant, rest: string, ref: string): Refusal | undefined;
}

const COMMANDS: Record<string, Command> = {
  me: {
    usage: '/me waves',
    does: 'describe what you are doing',
    run: (session, rest, ref) =>
      rest === '' ? new Refusal('empty', '/me requires a text, such as /me waves') : session.post(rest, ref, true),
  },
  who: { usage: '/who', does: 'list the people in this room', run: (session) => notice(session, who(session)) },
  rooms: { usage: '/rooms', does: 'list the rooms', run: (session) => notice(session, rooms(session)) },
  join: {
    usage: '/join design',
    does: 'go to a room; creates it if needed',
    run(session, rest) {
      const name = rest === '' ? undefined : roomName(rest);
      if (name) return session.join(name);
      return new Refusal('bad-room', 'Room names are 1 to 32 letters, digits, and hyphens, such as /join design');
    },
  },
  help: { usage: '/help', does: 'show this list', run: (session) => notice(session, help(session)) },
  quit: {
    usage: '/quit',
    does: 'leave the chat',
    run(session) {
      session.close('quit');
      return undefined;
    },
  },
  remove: {
    usage: '/remove bob',
    does: "remove a person's last message",
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
    does: 'mute a person for some minutes',
    moderator: true,
    run(session, rest) {
      const [, name = rest, minutes = '10'] = /^(.*?)\s+(\d{1,5})$/.exec(rest) ?? [];
      const limited = Math.min(Math.max(Number(minutes), 1), MAX_MUTE_MINUTES);
      return withPerson(name, session.room?.people ?? [], ({ id }) => mute(session, id, limited));
    },
  },
  unmute: {
    usage: '/unmute bob',
    does: 'unmute a person',
    moderator: true,
    run: (session, rest) => withPerson(rest, session.room?.people ?? [], ({ id }) => unmute(session, id)),
  },
  close: { usage: '/close', does: 'close this room', moderator: true, run: (session) => closeRoom(session) },
  open: {
    usage: '/open design',
    does: 'reopen a closed room',
    moderator: true,
    run: (session, rest) => openRoom(session, roomName(rest) ?? rest),
  },
};

/** Returns the commands a person may use, with their slashes. */
export function commandNames(moderator: boolean): string[] {
  const names = Object.keys(COMMANDS).filter((name) => moderator || !COMMANDS[name]?.moderator);
  return names.map((name) => `/${name}`);
}

/** Returns whether a text is a command; `//` starts a text with a literal slash. */
export function isCommand(text: string): boolean {
  return /^\/(?!\/)/.test(text);
}

/** Runs a command. */
export function runCommand(session: Participant, text: string, ref: string): Refusal | undefined {
  const [, word = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? [];
  const name = word.toLowerCase();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    return new Refusal('not-found', `Unknown command: /${name}. See /help, or send it as a message with //${word}.`);
  }
  // Commands are acknowledged too: the sender waits for it before it sends the next message.
  if (name !== 'me') session.deliver({ type: 'ack', ref });
  return command.run(session, rest.trim(), ref);
}

function notice(session: Participant, text: string): undefined {
  session.deliver({ type: 'notice', text });
}

function help({ moderator }: Participant): string {
  const shown = Object.values(COMMANDS).filter((command) => moderator || !command.moderator);
  const width = Math.max(...shown.map(({ usage }) => usage.length));
  return shown.map(({ usage, does }) => `${usage.padEnd(width)}  ${does}`).join('\n');
}

function who({ room }: Participant): string {
  const lines = (room?.people ?? []).map((person) => {
    const connections = room?.connectionsOf(person.id) ?? 0;
    const tags = person.tags.length > 0 ? ` [${person.tags.join(', ')}]` : '';
    const handle = person.handle === person.name ? '' : ` (${person.handle})`;
    return `${person.name}${handle}${tags}${connections > 1 ? `, ${connections} connections` : ''}`;
  });
  return lines.join('\n');
}

function rooms({ chat }: Participant): string {
  const lines = chat.rooms.map(({ name, people, closed }) => {
    return `${name}: ${people === 1 ? '1 person' : `${people} people`}${closed ? ', closed' : ''}`;
  });
  return lines.join('\n');
}

/** Applies an action to the person a name stands for: a login, a display name, or the beginning of either. */
function withPerson(
  name: string,
  people: Person[],
  action: (person: Person) => Refusal | undefined,
): Refusal | undefined {
  const wanted = name.replace(/^@/, '').toLowerCase();
  // rule: a login stands for the person who has it, whatever others call themselves
  const owner = people.find(({ handle }) => asciiLower(handle) === asciiLower(name.replace(/^@/, '')));
  if (owner) return action(owner);
  const matches = (test: (text: string) => boolean) =>
    people.filter((person) => test(person.handle.toLowerCase()) || test(person.name.toLowerCase()));
  const exact = matches((text) => text === wanted);
  const found = exact.length > 0 ? exact : matches((text) => wanted !== '' && text.startsWith(wanted));
  const [person, other] = found;
  if (!person) return new Refusal('not-found', `There is no one here called ${JSON.stringify(name)}.`);
  if (!other) return action(person);
  return new Refusal('not-found', `This could be ${found.map(labelOf).join(' or ')}. Use the login.`);
}
