import { renderToString } from 'ink';
import { describe, expect, it } from 'vitest';
import type { Person } from '../../../src/chat/room/event.ts';
import { EMPTY_INPUT } from '../../../src/ui/chat/input-model.ts';
import { EMPTY_ROOM, type RoomModel } from '../../../src/ui/chat/room-model.ts';
import { RoomScreen, type RoomScreenProps } from '../../../src/ui/chat/room-screen.tsx';

const person = (id: string, more: Partial<Person> = {}): Person => ({
  ...{ id, kind: 'user', name: id, handle: `${id}@example.com`, tags: [] },
  ...more,
});
const [alice, bob, carol] = [person('Alice'), person('Bob'), person('Carol')];
const room: RoomModel = { ...EMPTY_ROOM, room: 'lobby', you: alice, people: [alice, bob, carol], link: 'open' };

function draw(model: RoomModel, props: Partial<RoomScreenProps> = {}): string {
  const input = { ...EMPTY_INPUT, text: 'hello', cursor: 5 };
  const all = { model, input, stopping: false, columns: 60, color: false, onKey: () => {}, ...props };
  return renderToString(<RoomScreen {...all} />, { columns: all.columns });
}

describe('RoomScreen', () => {
  it('shows the line to write in, and who is here', () => {
    expect(draw(room)).toMatchInlineSnapshot(`
      "
      ────────────────────────────────────────────────────────────
      #lobby › hello
      ● 3 here: you, Bob, Carol · Tab completes · /help · Ctrl-C …"
    `);
  });

  it('shows who is typing', () => {
    const typing = [
      { id: 'Bob', until: 0 },
      { id: 'Carol', until: 0 },
    ];
    expect(draw({ ...room, typing })).toMatch(/^Bob, Carol are typing…\n/);
    expect(draw({ ...room, typing: typing.slice(1) })).toMatch(/^Carol is typing…\n/);
  });

  it('shows that the connection is lost, and how to exit immediately while it stops', () => {
    expect(draw({ ...room, link: 'waiting' })).toContain('○ connection lost, reconnecting…');
    expect(draw(room, { stopping: true })).toContain('○ stopping · Ctrl-C again to exit now');
    expect(draw({ ...room, link: 'ended', reason: 'It is over.' })).toContain('○ It is over.');
  });

  it('has no line to write in if standard input is not a terminal', () => {
    expect(draw(room, { input: undefined })).not.toContain('#lobby');
  });

  it('fits into a narrow terminal', () => {
    for (const row of draw(room, { columns: 24 }).split('\n')) expect(row.length).toBeLessThanOrEqual(24);
  });

  it('tells people with the same name apart, and prints control characters in a visible form', () => {
    const double = person('Bo\u001b[2Jb', { ambiguous: true, handle: 'bob@evil.example' });
    expect(draw({ ...room, people: [alice, double] }, { columns: 100 })).toContain('Bo\\u001b[2Jb (bob@evil.example)');
  });
});
