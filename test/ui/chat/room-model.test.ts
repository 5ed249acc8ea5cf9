import { describe, expect, it } from 'vitest';
import type { Person, ServerEvent } from '../../../src/chat/room/event.ts';
import { EMPTY_ROOM, nextLink, nextRoom, stillTyping } from '../../../src/ui/chat/room-model.ts';

const person = (id: string, name = id): Person => ({ id, kind: 'user', name, handle: `${id}@example.com`, tags: [] });
const at = '2026-01-02T03:04:05.000Z';

function roomAfter(...events: ServerEvent[]) {
  const welcome: ServerEvent = {
    ...{ type: 'welcome', version: 1, room: 'lobby', you: person('alice'), moderator: false },
    ...{ people: [person('alice'), person('bob')], entries: [], complete: true, maxText: 2000, history: 0 },
  };
  return [welcome, ...events].reduce((room, event) => nextRoom(room, event, 1000), EMPTY_ROOM);
}

describe('a room in a terminal', () => {
  it('knows who is in it', () => {
    const { people, room } = roomAfter(
      { type: 'join', person: person('carol'), at },
      { type: 'leave', person: person('bob'), at },
      { type: 'person', person: person('carol', 'Caroline') },
    );
    expect(room).toBe('lobby');
    expect(people.map(({ name }) => name)).toEqual(['alice', 'Caroline']);
  });

  it('shows who is typing for five seconds, or until they send a message or leave', () => {
    const typing: ServerEvent = { type: 'typing', person: 'bob' };
    const message: ServerEvent = {
      type: 'message',
      id: 'x-1',
      ref: 'r',
      room: 'lobby',
      from: person('bob'),
      text: '',
      at,
    };
    expect(roomAfter(typing).typing).toEqual([{ id: 'bob', until: 6000 }]);
    expect(roomAfter(typing, message).typing).toEqual([]);
    expect(roomAfter(typing, { type: 'leave', person: person('bob'), at }).typing).toEqual([]);
    expect(stillTyping(roomAfter(typing), 5999).typing).toHaveLength(1);
    expect(stillTyping(roomAfter(typing), 6000).typing).toEqual([]);
  });

  it('is left when it is closed, but not by moderators', () => {
    const closed: ServerEvent = { type: 'closed', room: 'lobby', by: person('mona') };
    expect(roomAfter(closed).people.map(({ id }) => id)).toEqual(['alice']);
    expect(roomAfter({ type: 'you', you: person('alice'), moderator: true }, closed).people).toHaveLength(2);
  });

  it('has the state of its connection', () => {
    expect(nextLink(roomAfter(), { name: 'waiting' }).link).toBe('waiting');
    expect(nextLink(roomAfter(), { name: 'ended', reason: 'over', wanted: true })).toMatchObject({ reason: 'over' });
  });
});
