import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MAX_UNREAD } from '../../../src/chat/transport/websocket.ts';
import { RawClient, startChat } from '../loopback.ts';
import { alice, bob } from '../people.ts';

describe('a client that does not read', () => {
  it('is dropped before it fills the memory, and does not affect others', async () => {
    await using loopback = startChat();
    const reader = await RawClient.enter(await loopback.endpoint(bob));
    const endpoint = await loopback.endpoint(alice);
    const stalled = await RawClient.enter(endpoint);
    stalled.socket.pause();
    // More than the kernel buffers for a client that does not read.
    const room = loopback.chat.findRoom('lobby')!;
    const text = 'x'.repeat(2000);
    let count = 0;
    while (loopback.chat.counts.connections === 2 && count < 20_000) {
      const arrived = reader.next('message');
      room.say(
        { id: 'u:7', kind: 'user', name: 'Load', handle: 'load@example.com', tags: [] },
        { ref: `r${count++}`, text, action: false },
      );
      await arrived;
    }
    expect(loopback.chat.counts).toMatchObject({ connections: 1 });
    for (const socket of endpoint.sockets) expect(socket.writableLength).toBeLessThan(MAX_UNREAD * 2);
    expect(reader.events.filter(({ type }) => type === 'message')).toHaveLength(count);
  });

  it('is dropped by the line server too', async () => {
    await using loopback = startChat();
    const nc = connect(await loopback.linePort(alice), '127.0.0.1').on('error', () => {});
    await once(nc, 'data');
    nc.pause();
    const room = loopback.chat.findRoom('lobby')!;
    const from = { id: 'u:7', kind: 'user', name: 'Load', handle: 'load@example.com', tags: [] } as const;
    for (let i = 0; i < 20_000 && loopback.chat.counts.connections > 0; i++) {
      room.say({ ...from, tags: [] }, { ref: `r${i}`, text: 'x'.repeat(2000), action: false });
      await new Promise(setImmediate);
    }
    expect(loopback.chat.counts.connections).toBe(0);
    nc.destroy();
  });
});
