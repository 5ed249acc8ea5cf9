import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat } from '../../../src/chat/room/chat.ts';
import { LEAVE_GRACE_MS } from '../../../src/chat/room/room.ts';
import { alice, bob, ci, connect, enter } from '../people.ts';

describe('room', () => {
  let chat: Chat;
  beforeEach(() => {
    vi.useFakeTimers();
    chat = new Chat();
  });
  afterEach(() => {
    chat.close();
    vi.useRealTimers();
  });

  it('sends a message to everyone in it, with the name of the connection', () => {
    const a = enter(chat, alice);
    const b = enter(chat, ci);
    const elsewhere = enter(chat, bob, 'design');
    b.say('build 17 is green', 'r1');
    expect(a.last('message')).toMatchObject({
      room: 'lobby',
      ref: 'r1',
      text: 'build 17 is green',
      from: { kind: 'device', name: 'ci-runner', tags: ['tag:ci'] },
    });
    expect(elsewhere.texts()).toEqual([]);
  });

  it('acknowledges a message with its ID and time', () => {
    const a = enter(chat, alice);
    a.say('hello', 'r1');
    const { id, at } = a.last('message');
    expect(a.last('ack')).toEqual({ type: 'ack', ref: 'r1', id, at });
  });

  it('posts a message once that is sent twice', () => {
    const a = enter(chat, alice);
    const b = enter(chat, bob);
    a.say('hello', 'r1');
    enter(chat, alice).say('hello', 'r1');
    b.say('hello', 'r1');
    expect(b.texts()).toEqual(['hello', 'hello']);
    expect(b.of('message').map(({ from }) => from.name)).toEqual(['Alice Example', 'Bob Example']);
  });

  it('shows several tabs as one person', () => {
    const b = enter(chat, bob);
    const first = enter(chat, alice);
    const second = enter(chat, alice);
    expect(b.of('join')).toHaveLength(1);
    expect(second.last('welcome').people.map(({ name }) => name)).toEqual(['Bob Example', 'Alice Example']);
    first.session.close('lost');
    vi.advanceTimersByTime(LEAVE_GRACE_MS * 2);
    expect(b.of('leave')).toHaveLength(0);
  });

  it('announces nothing about a person who is back within the grace period', () => {
    const b = enter(chat, bob);
    enter(chat, alice).session.close('lost');
    vi.advanceTimersByTime(LEAVE_GRACE_MS - 1);
    enter(chat, alice);
    vi.advanceTimersByTime(LEAVE_GRACE_MS * 2);
    expect(b.of('join')).toHaveLength(1);
    expect(b.of('leave')).toHaveLength(0);
  });

  it('announces that a person left after the grace period, and at once when they quit', () => {
    const b = enter(chat, bob);
    enter(chat, alice).session.close('lost');
    expect(b.of('leave')).toHaveLength(0);
    vi.advanceTimersByTime(LEAVE_GRACE_MS);
    expect(b.of('leave')).toHaveLength(1);
    enter(chat, ci).say('/quit');
    expect(b.of('leave').map(({ person }) => person.name)).toEqual(['Alice Example', 'ci-runner']);
  });

  it('shows others, and only others, that a person is typing, at most every two seconds', () => {
    const a = enter(chat, alice);
    const b = enter(chat, bob);
    a.session.receive({ type: 'typing' });
    a.session.receive({ type: 'typing' });
    expect(b.of('typing')).toEqual([{ type: 'typing', person: `u:${alice.userId}` }]);
    expect(a.of('typing')).toEqual([]);
    vi.advanceTimersByTime(2000);
    a.session.receive({ type: 'typing' });
    expect(b.of('typing')).toHaveLength(2);
  });

  it('is left at once when the connection goes to another room', () => {
    const a = enter(chat, alice);
    const b = enter(chat, bob);
    a.say('/join Design');
    expect(a.last('welcome')).toMatchObject({ room: 'design', people: [{ name: 'Alice Example' }] });
    expect(b.of('leave')).toHaveLength(1);
    a.say('hello?');
    expect(b.texts()).toEqual([]);
  });

  it('is forgotten when it is empty and there is nothing left to catch up with', () => {
    const a = enter(chat, alice, 'design');
    a.say('one');
    a.say('/join lobby');
    expect(chat.findRoom('design')).toBeDefined();
    vi.advanceTimersByTime(6 * 60_000);
    expect(chat.findRoom('design')).toBeUndefined();
  });
});

describe('the list of rooms', () => {
  it('is sent to those who follow it, at most once a second', () => {
    vi.useFakeTimers();
    const chat = new Chat();
    const a = connect(chat, alice);
    a.session.receive({ type: 'hello', room: 'lobby', rooms: true });
    expect(a.last('rooms').rooms).toEqual([{ name: 'lobby', people: 1 }]);
    enter(chat, bob, 'design');
    enter(chat, ci, 'design');
    vi.advanceTimersByTime(1000);
    expect(a.of('rooms')).toHaveLength(2);
    expect(a.last('rooms').rooms).toEqual([
      { name: 'design', people: 2 },
      { name: 'lobby', people: 1 },
    ]);
    chat.close();
    vi.useRealTimers();
  });
});
