import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat } from '../../../src/chat/room/chat.ts';
import { alice, bob, ci, connect, enter, moderator, user } from '../people.ts';

describe('moderation', () => {
  let chat: Chat;
  beforeEach(() => {
    vi.useFakeTimers();
    chat = new Chat({ history: 10 });
  });
  afterEach(() => {
    chat.close();
    vi.useRealTimers();
  });

  it.each([
    ['remove', { type: 'remove', message: 'x-1' }],
    ['mute', { type: 'mute', person: 'u:1', minutes: 5 }],
    ['unmute', { type: 'unmute', person: 'u:1' }],
    ['close', { type: 'close' }],
    ['open', { type: 'open', room: 'lobby' }],
  ])('needs the capability to %s', (_, event) => {
    const a = enter(chat, alice);
    a.session.receive({ ...event, moderator: true });
    expect(a.last('refused')).toMatchObject({ code: 'not-allowed' });
  });

  it('removes a message from the screens and from the history', () => {
    const a = enter(chat, alice);
    a.say('oops', 'r1');
    const m = enter(chat, moderator);
    m.session.receive({ type: 'remove', message: a.last('message').id });
    expect(a.last('removed')).toMatchObject({ message: a.last('message').id, by: { name: 'Mona Example' } });
    expect(enter(chat, bob).last('welcome').entries).toEqual([]);
    a.say('oops', 'r1');
    expect(m.texts()).toEqual([]);
  });

  it('mutes a person in every tab and room, announces it, and ends by itself', () => {
    const m = enter(chat, moderator);
    const a = enter(chat, alice);
    const other = enter(chat, alice, 'design');
    m.say('/mute alice 10');
    expect(other.last('muted')).toMatchObject({ person: { name: 'Alice Example' }, by: { name: 'Mona Example' } });
    a.say('hello');
    other.say('/me waves');
    a.session.receive({ type: 'typing' });
    expect([a.last('refused').code, other.last('refused').code]).toEqual(['muted', 'muted']);
    expect(m.of('typing')).toEqual([]);
    vi.advanceTimersByTime(10 * 60_000);
    a.say('again');
    expect(m.texts()).toEqual(['again']);
  });

  it('unmutes a person, who otherwise stays muted when they come back', () => {
    const m = enter(chat, moderator);
    const a = enter(chat, alice);
    m.say('/mute alice@example.com');
    a.session.close('lost');
    vi.advanceTimersByTime(60_000);
    const back = enter(chat, alice);
    back.say('hello');
    expect(back.last('refused').code).toBe('muted');
    m.say('/unmute alice');
    back.say('hello');
    expect(m.texts()).toEqual(['hello']);
  });

  it('does not mute moderators', () => {
    const m = enter(chat, moderator);
    enter(chat, user('max@example.com', { capabilities: moderator.capabilities! }));
    m.say('/mute max');
    expect(m.last('refused').code).toBe('not-allowed');
  });

  it('takes a login for the person who has it, whatever others are called', () => {
    const m = enter(chat, moderator);
    const target = user('mallory@evil.example', { name: 'Mallory' });
    enter(chat, target);
    enter(chat, user('carol@example.com', { name: 'mallory evil.example' }));
    enter(chat, user('dave@example.com', { name: 'mallory@evil.example' }));
    m.say('/mute mallory@evil.example 5');
    expect(m.last('muted').person.handle).toBe('mallory@evil.example');
  });

  it('asks for the login if a name is ambiguous', () => {
    const m = enter(chat, moderator);
    enter(chat, alice);
    enter(chat, user('alicia@example.com', { name: 'Alice Example' }));
    m.say('/mute alice');
    expect(m.last('refused').message).toBe(
      'This could be Alice Example (alice@example.com) or Alice Example (alicia@example.com). Use the login.',
    );
  });

  it('closes a room: everyone else is removed and kept out, and the messages are forgotten', () => {
    const a = enter(chat, alice, 'design');
    a.say('secret');
    const m = enter(chat, moderator, 'design');
    m.say('/close');
    expect(a.last('closed')).toMatchObject({ room: 'design', by: { name: 'Mona Example' } });
    a.say('hello?');
    expect(a.last('refused').code).toBe('no-room');
    const b = enter(chat, bob, 'design');
    expect(b.last('refused').code).toBe('room-closed');
    expect(b.of('welcome')).toEqual([]);
    expect(enter(chat, moderator, 'design').last('welcome').entries).toEqual([]);
  });

  it('keeps a closed room closed while it is empty, until a moderator reopens it', () => {
    enter(chat, moderator, 'design').say('/close');
    const m = enter(chat, moderator);
    vi.advanceTimersByTime(60 * 60_000);
    expect(enter(chat, alice, 'design').last('refused').code).toBe('room-closed');
    m.say('/open design');
    expect(enter(chat, ci, 'design').last('welcome').room).toBe('design');
  });

  it('is available to the person who runs the chat', () => {
    const host = connect(chat, alice, { host: true });
    host.session.receive({ type: 'hello', room: 'lobby' });
    expect(host.last('welcome').moderator).toBe(true);
  });

  it('follows the network map: a revoked capability has no effect', () => {
    const m = enter(chat, moderator);
    const { capabilities: _, ...without } = moderator;
    m.session.identify(without);
    expect(m.last('you').moderator).toBe(false);
    m.session.receive({ type: 'close' });
    expect(m.last('refused').code).toBe('not-allowed');
  });
});
