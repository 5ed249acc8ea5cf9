import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Chat } from '../../../src/chat/room/chat.ts';
import { alice, bob, ci, enter, moderator } from '../people.ts';

describe('command', () => {
  let chat: Chat;
  beforeEach(() => {
    chat = new Chat();
  });
  afterEach(() => chat.close());

  it('/me describes what someone is doing', () => {
    const a = enter(chat, alice);
    a.say('/me waves :wave:');
    expect(a.last('message')).toMatchObject({ text: 'waves 👋', action: true });
    a.say('/me');
    expect(a.last('refused').code).toBe('empty');
  });

  it('/who lists people with their logins, devices with their tags, and the number of connections', () => {
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

  it('/join goes to a room, and refuses an invalid name', () => {
    const a = enter(chat, alice);
    a.say('/join #Design');
    expect(a.last('welcome').room).toBe('design');
    a.say('/join ../etc');
    expect(a.last('refused').code).toBe('bad-room');
  });

  it('/help lists the commands the person may use', () => {
    const a = enter(chat, alice);
    a.say('/help');
    expect(a.last('notice').text).toMatchInlineSnapshot(`
      "/me waves     describe what you are doing
      /who          list the people in this room
      /rooms        list the rooms
      /join design  go to a room; creates it if needed
      /help         show this list
      /quit         leave the chat"
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

  it('that does not exist is refused, not posted', () => {
    const a = enter(chat, alice);
    a.say('/constructor');
    expect(a.last('refused').message).toBe(
      'Unknown command: /constructor. See /help, or send it as a message with //constructor.',
    );
    expect(a.texts()).toEqual([]);
  });

  it('is posted with two slashes', () => {
    const a = enter(chat, alice);
    a.say('//help is a command');
    expect(a.texts()).toEqual(['/help is a command']);
  });
});
