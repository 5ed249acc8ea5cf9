import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat } from '../../../src/chat/room/chat.ts';
import { CATCH_UP_MS } from '../../../src/chat/room/history.ts';
import { alice, bob, ci, enter, moderator } from '../people.ts';

describe('catching up', () => {
  let chat: Chat;
  beforeEach(() => {
    vi.useFakeTimers();
    chat = new Chat();
  });
  afterEach(() => {
    chat.close();
    vi.useRealTimers();
  });

  const texts = (tab: ReturnType<typeof enter>) =>
    tab.last('welcome').entries.map((entry) => (entry.type === 'message' ? entry.text : entry.type));

  it('gives a client that lost its connection everything it missed, once', () => {
    const a = enter(chat, alice);
    const b = enter(chat, bob);
    b.say('one');
    a.session.close('lost');
    b.say('two');
    vi.advanceTimersByTime(60_000);
    b.say('three');
    const back = enter(chat, alice, 'lobby', a.last('message').id);
    expect(texts(back)).toEqual(['two', 'three']);
    expect(back.last('welcome').complete).toBe(true);
  });

  it('shows newcomers nothing from before they joined, whatever entry they claim to have', () => {
    const b = enter(chat, bob);
    b.say('one');
    b.say('two');
    const { id } = b.last('message');
    expect(texts(enter(chat, ci))).toEqual([]);
    const curious = enter(chat, alice, 'lobby', id.replace(/\d+$/, '0'));
    expect(texts(curious)).toEqual([]);
    expect(curious.last('welcome').complete).toBe(false);
  });

  it('forgets after five minutes, and says that the entries are incomplete', () => {
    const a = enter(chat, alice);
    const b = enter(chat, bob);
    b.say('one');
    a.session.close('lost');
    b.say('two');
    vi.advanceTimersByTime(CATCH_UP_MS + 20_000);
    const back = enter(chat, alice, 'lobby', a.last('message').id);
    expect(texts(back)).toEqual([]);
    expect(back.last('welcome').complete).toBe(false);
  });

  it('includes the removal of a message', () => {
    const a = enter(chat, alice);
    enter(chat, bob).say('oops');
    a.session.close('lost');
    const m = enter(chat, moderator);
    m.session.receive({ type: 'remove', message: a.last('message').id });
    expect(texts(enter(chat, alice, 'lobby', a.last('message').id))).toEqual(['removed']);
  });

  it('gives every client that returns within a minute of a restart everything since then', () => {
    const a = enter(chat, alice);
    a.say('before');
    const { id } = a.last('message');
    const restarted = new Chat();
    enter(restarted, bob, 'lobby', id).say('after');
    const back = enter(restarted, alice, 'lobby', id);
    expect(texts(back)).toEqual(['after']);
    expect(back.last('welcome').complete).toBe(false);
    expect(texts(enter(restarted, ci))).toEqual([]);
    vi.advanceTimersByTime(61_000);
    expect(texts(enter(restarted, moderator, 'lobby', id))).toEqual([]);
    restarted.close();
  });
});

describe('history', () => {
  it('gives newcomers as many messages as configured, no matter how old', () => {
    vi.useFakeTimers();
    const chat = new Chat({ history: 2 });
    const b = enter(chat, bob);
    for (const text of ['one', 'two', 'three']) b.say(text);
    vi.advanceTimersByTime(60 * 60_000);
    const { entries } = enter(chat, alice).last('welcome');
    expect(entries.map((entry) => entry.type === 'message' && entry.text)).toEqual(['two', 'three']);
    chat.close();
    vi.useRealTimers();
  });
});
