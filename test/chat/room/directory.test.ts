import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat, MAX_CONNECTIONS_EACH } from '../../../src/chat/room/chat.ts';
import { Directory } from '../../../src/chat/room/directory.ts';
import { personOf } from '../../../src/chat/room/person.ts';
import { unknownIdentity } from '../../../src/identity/identity.ts';
import { alice, bob, ci, connect, enter, moderator, user } from '../people.ts';

describe('people', () => {
  let chat: Chat;
  beforeEach(() => {
    chat = new Chat();
  });
  afterEach(() => chat.close());

  const double = user('alice@evil.example', { name: 'Alіce Example', userId: '666' });

  it('are told apart by login if their names read the same', () => {
    const a = enter(chat, alice);
    const d = enter(chat, double);
    expect(d.last('welcome').you).toMatchObject({ handle: 'alice@evil.example', ambiguous: true });
    expect(a.last('person').person).toMatchObject({ handle: 'alice@example.com', ambiguous: true });
    expect(a.last('you').you.ambiguous).toBe(true);
  });

  it('are told apart from the first moment on, also if nothing is odd about either name', () => {
    const directory = new Directory();
    directory.update(personOf(alice)!);
    const { member, changed } = directory.update(personOf({ ...double, name: alice.name })!);
    expect(member.person.ambiguous).toBe(true);
    expect(changed.map(({ person }) => person.handle)).toEqual(['alice@example.com']);
  });

  it('are told apart from someone who has left, too', () => {
    const b = enter(chat, bob);
    enter(chat, alice).say('/quit');
    enter(chat, double);
    expect(b.last('join').person.ambiguous).toBe(true);
  });

  it('keep their place under a new name, which is announced', () => {
    const b = enter(chat, bob);
    const a = enter(chat, alice);
    a.session.identify({ ...alice, name: 'Alice Married' });
    a.say('hello');
    expect(b.last('person').person.name).toBe('Alice Married');
    expect(b.last('message').from.name).toBe('Alice Married');
    expect(b.of('leave')).toEqual([]);
  });

  it.each([
    ['is no longer known', unknownIdentity('100.64.0.1', 4711)],
    ['now belongs to someone else', bob],
    ['has become a tagged device', ci],
  ])('are disconnected at once when their device %s', (_, identity) => {
    const m = enter(chat, moderator);
    const a = enter(chat, alice);
    a.session.identify(identity);
    a.say('still here?');
    expect(a.closed).toBe('gone');
    expect(m.texts()).toEqual([]);
    expect(m.last('leave').person.name).toBe('Alice Example');
  });

  it('are rejected if whois does not know them', () => {
    expect(chat.connect(unknownIdentity('100.64.0.1', 1), { send() {}, close() {} })).toBe('unknown');
  });

  it('have a bounded number of connections each', () => {
    vi.useFakeTimers();
    const tabs = Array.from({ length: MAX_CONNECTIONS_EACH }, () => connect(chat, alice));
    // No matter how slowly they are opened.
    vi.advanceTimersByTime(60_000);
    expect(chat.connect(alice, { send() {}, close() {} })).toBe('too-many');
    connect(chat, bob);
    expect(chat.counts).toMatchObject({ people: 2, connections: tabs.length + 1 });
    vi.useRealTimers();
  });
});
