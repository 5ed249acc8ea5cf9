import { type ClientEvent, Refusal } from './event.ts';
import { MAX_MUTE_MINUTES } from './moderation.ts';
import { roomName } from './room-name.ts';

type Fields = Record<string, unknown>;

// A null prototype: `{"type": "constructor"}` is unknown like any other type.
const PARSERS: Record<string, (fields: Fields) => ClientEvent | undefined> = Object.assign(Object.create(null), {
  hello: ({ room, since, rooms }: Fields) => {
    const name = typeof room === 'string' ? roomName(room) : undefined;
    if (name === undefined) return undefined;
    return { type: 'hello', room: name, rooms: rooms === true, ...(isId(since) ? { since } : {}) };
  },
  say: ({ ref, text }: Fields) => (isRef(ref) && typeof text === 'string' ? { type: 'say', ref, text } : undefined),
  typing: () => ({ type: 'typing' }),
  ping: () => ({ type: 'ping' }),
  remove: ({ message }: Fields) => (isId(message) ? { type: 'remove', message } : undefined),
  mute: ({ person, minutes }: Fields) =>
    isId(person) && isMinutes(minutes) ? { type: 'mute', person, minutes } : undefined,
  unmute: ({ person }: Fields) => (isId(person) ? { type: 'unmute', person } : undefined),
  close: () => ({ type: 'close' }),
  open: ({ room }: Fields) => {
    const name = typeof room === 'string' ? roomName(room) : undefined;
    return name === undefined ? undefined : { type: 'open', room: name };
  },
});

/**
 * Parses an event from a client, or refuses it. Only the fields of the protocol are kept: a name, a time, or an ID that
 * a client adds has no effect.
 */
export function parseClientEvent(value: unknown): ClientEvent | Refusal {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Refusal('bad-event', 'Expected a JSON object with a type.');
  }
  const { type } = value as Fields;
  const parse = typeof type === 'string' ? PARSERS[type] : undefined;
  if (!parse) return new Refusal('unknown-event', 'Unknown event type. docs/chat.md lists them.');
  return parse(value as Fields) ?? new Refusal('bad-event', `Invalid fields for "${type}". docs/chat.md lists them.`);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 64;
}

function isRef(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,40}$/.test(value);
}

function isMinutes(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_MUTE_MINUTES;
}
