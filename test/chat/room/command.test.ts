import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Chat } from '../../../src/chat/room/chat.ts';
import { alice, bob, ci, enter, moderator } from '../people.ts';

describe('command', () => {
  let chat: Chat;
  beforeEach(() => {
    chat = new Chat();
  });
  afterEach(() => chat.close());

  it('/me says what somebody does', () => {
    const a = enter(chat, alice);
    a.say('/me waves :wave:');
    expect(a.last('message')).toMatchObject({ text: 'waves 👋', action: true });
    a.say('/me');
    expect(a.last('refused').code).toBe('empty');
  });

  it('/who lists people with logins, devices with tags, and the number of connections', () => {
    const a = enter(chat, alice);
    enter(chat, alice);
    enter(chat, ci);
    a.say('/who');
    expect(a.last('notice').text).toBe(
      'Alice Example (alice@example.com), 2 connections\nci-runner (ci-runner.tail1.ts.net) [tag:ci]',
    );
  });

  it('/rooms lists the rooms', () => {
    enter(chat, bob, 'design');
    enter(chat, ci, 'design');
    const a = enter(chat, alice);
    a.say('/rooms');
    expect(a.last('notice').text).toBe('design: 2 people\nlobby: 1 person');
  });

  it('/join goes to a room, and says what a room may be called', () => {
    const a = enter(chat, alice);
    a.say('/join #Design');
    expect(a.last('welcome').room).toBe('design');
    a.say('/join ../etc');
    expect(a.last('refused').code).toBe('bad-room');
  });

  it('/help lists what the caller may do', () => {
    const a = enter(chat, alice);
    a.say('/help');
    expect(a.last('notice').text).toMatchInlineSnapshot(`
      "/me waves     say what you do
      /who          who is here
      /rooms        which rooms there are
      /join design  go to a room, or make it
      /help         this list
      /quit         leave"
    `);
    const m = enter(chat, moderator);
    m.say('/help');
    expect(m.last('notice').text).toContain('/mute bob 10');
  });

  it('/quit ends the connection', () => {
    const a = enter(chat, alice);
    a.say('/quit');
    expect(a.closed).toBe('quit');
  });

  it('that does not exist is answered, not said', () => {
    const a = enter(chat, alice);
    a.say('/constructor');
    expect(a.last('refused').message).toBe(
      'There is no command /constructor; /help lists them. To say it, write //constructor.',
    );
    expect(a.texts()).toEqual([]);
  });

  it('is said with two slashes', () => {
    const a = enter(chat, alice);
    a.say('//help is a command');
    expect(a.texts()).toEqual(['/help is a command']);
  });
});
