import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Chat } from '../../../src/chat/room/chat.ts';
import { alice, bob, enter } from '../people.ts';

describe('an event from a client', () => {
  let chat: Chat;
  beforeEach(() => {
    chat = new Chat();
  });
  afterEach(() => chat.close());

  it('does not decide who sent it, when, or which message it is', () => {
    const b = enter(chat, bob);
    const a = enter(chat, alice);
    const forged = {
      from: { id: 'u:1', name: 'Bob Example' },
      name: 'Bob',
      person: 'u:1',
      id: 'x-1',
      at: '1970',
      room: 'x',
    };
    a.session.receive({ type: 'say', ref: 'r1', text: 'hello', action: true, moderator: true, ...forged });
    const { from, id, at, room, action } = b.last('message');
    expect(from).toMatchObject({ id: `u:${alice.userId}`, name: 'Alice Example' });
    expect({ room, action }).toEqual({ room: 'lobby', action: undefined });
    expect(id).not.toBe('x-1');
    expect(Date.now() - Date.parse(at)).toBeLessThan(60_000);
  });

  it.each([
    ['of an unknown type', { type: 'shout', text: 'hello' }, 'unknown-event'],
    ['named after a property of every object', { type: 'constructor' }, 'unknown-event'],
    ['without a type', { text: 'hello' }, 'unknown-event'],
    ['that is not an object', 'say', 'bad-event'],
    ['that is an array', [{ type: 'say' }], 'bad-event'],
    ['that is null', null, 'bad-event'],
    ['with a text that is not a string', { type: 'say', ref: 'r', text: { toString: 'x' } }, 'bad-event'],
    ['with an invalid ref', { type: 'say', ref: 'a b', text: 'hello' }, 'bad-event'],
    ['with an invalid room', { type: 'hello', room: '<b>' }, 'bad-event'],
  ])('%s is refused', (_, event, code) => {
    const a = enter(chat, alice);
    a.session.receive(event);
    expect(a.last('refused').code).toBe(code);
    expect(a.closed).toBeUndefined();
  });

  it('never throws, for any value', () => {
    const type = fc.constantFrom('hello', 'say', 'typing', 'remove', 'mute', 'unmute', 'close', 'open', '__proto__');
    const odd = fc.record({ type, ref: fc.anything(), text: fc.anything(), room: fc.anything(), since: fc.anything() });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), odd), (event) => {
        const fresh = new Chat();
        const a = enter(fresh, alice);
        a.session.receive(event);
        fresh.close();
      }),
    );
  });
});
