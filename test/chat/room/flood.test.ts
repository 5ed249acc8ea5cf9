import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat, MAX_CONNECTIONS, MAX_ROOMS } from '../../../src/chat/room/chat.ts';
import { MAX_TEXT } from '../../../src/chat/room/text.ts';
import { alice, bob, connect, enter, user } from '../people.ts';

describe('a flood', () => {
  let chat: Chat;
  beforeEach(() => {
    vi.useFakeTimers();
    chat = new Chat();
  });
  afterEach(() => {
    chat.close();
    vi.useRealTimers();
  });

  it('of messages is limited per person, across tabs and reconnections', () => {
    const b = enter(chat, bob);
    const tabs = [enter(chat, alice), enter(chat, alice, 'design'), enter(chat, alice)];
    for (let count = 0; count < 10; count += 1) for (const tab of tabs) tab.say('x');
    for (const tab of tabs) tab.session.close('lost');
    const back = enter(chat, alice);
    back.say('y');
    expect(back.last('refused')).toMatchObject({ code: 'slow-down', retryAfter: 1000 });
    expect(b.texts().length).toBeLessThanOrEqual(8);
    b.say('not me');
    expect(back.texts()).toEqual(['not me']);
  });

  it('ends for a client that waits as long as retryAfter says', () => {
    const a = enter(chat, alice);
    for (let count = 0; count < 9; count += 1) a.say('x');
    vi.advanceTimersByTime(a.last('refused').retryAfter!);
    a.say('y');
    expect(a.texts().at(-1)).toBe('y');
  });

  it('of events closes the connection', () => {
    const a = enter(chat, alice);
    for (let count = 0; count < 100; count += 1) a.session.receive({ type: 'typing' });
    expect(a.closed).toBe('flood');
    expect(chat.counts.connections).toBe(0);
  });

  it('of connections is rejected', () => {
    for (let count = 0; count < 20; count += 1) enter(chat, alice).session.close('lost');
    expect(chat.connect(alice, { send() {}, close() {} })).toBe('too-many');
    vi.advanceTimersByTime(1000);
    expect(connect(chat, alice).closed).toBeUndefined();
  });

  it('of people is rejected', () => {
    for (let count = 0; count < MAX_CONNECTIONS; count += 1) connect(chat, user(`u${count}@example.com`));
    expect(chat.connect(alice, { send() {}, close() {} })).toBe('full');
  });

  it('of text is refused', () => {
    const a = enter(chat, alice);
    a.say('x'.repeat(MAX_TEXT + 1));
    expect(a.last('refused').code).toBe('too-long');
    expect(a.texts()).toEqual([]);
  });

  it('of changes of the room is refused', () => {
    const a = enter(chat, alice);
    for (let count = 0; count < 20; count += 1) a.session.receive({ type: 'hello', room: `room-${count}` });
    expect(a.last('refused')).toMatchObject({ code: 'slow-down', retryAfter: 1000 });
    expect(chat.findRoom('room-19')).toBeUndefined();
  });

  it('of rooms is bounded, and only replaces empty rooms', () => {
    const sitting = enter(chat, bob, 'sitting');
    sitting.say('hello');
    for (let count = 0; count < MAX_ROOMS * 2; count += 1) {
      const tab = enter(chat, alice, `room-${count}`);
      tab.say('mine');
      tab.session.close('quit');
      vi.advanceTimersByTime(1000);
    }
    expect(chat.findRoom('sitting')).toBe(sitting.session.room);
    expect(chat.findRoom('room-0')).toBeUndefined();
  });

  it('of occupied rooms is refused', () => {
    for (let count = 0; count < MAX_ROOMS; count += 1) enter(chat, user(`u${count}@example.com`), `room-${count}`);
    expect(enter(chat, alice, 'one-more').last('refused').code).toBe('too-many-rooms');
  });
});
