import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_FRAME } from '../../../src/chat/transport/websocket.ts';
import { unknownIdentity } from '../../../src/identity/identity.ts';
import { type LoopbackChat, RawClient, startChat } from '../loopback.ts';
import { alice, bob, ci, moderator } from '../people.ts';

describe('websocket', () => {
  let loopback: LoopbackChat;
  beforeEach(() => {
    loopback = startChat();
  });
  afterEach(() => loopback[Symbol.asyncDispose]());

  it('carries a conversation', async () => {
    const a = await RawClient.enter(await loopback.endpoint(alice));
    const c = await RawClient.enter(await loopback.endpoint(ci));
    c.send({ type: 'say', ref: 'r1', text: 'deployed :rocket:' });
    expect(await a.next('message')).toMatchObject({ text: 'deployed 🚀', from: { name: 'ci-runner', kind: 'device' } });
  });

  it('is closed for a caller that whois does not know', async () => {
    const client = new RawClient(await loopback.endpoint(unknownIdentity('100.64.0.1', 1)));
    expect(await client.closed()).toBe(4001);
  });

  it('is closed at once when the caller’s device is removed from the tailnet', async () => {
    const endpoint = await loopback.endpoint(alice);
    const client = await RawClient.enter(endpoint);
    for (const socket of endpoint.sockets) socket.emit('identity', unknownIdentity('100.64.0.1', 1));
    expect(await client.closed()).toBe(4001);
    expect(loopback.chat.counts.people).toBe(0);
  });

  it('belongs to the caller that opened it, whatever it sends', async () => {
    const a = await RawClient.enter(await loopback.endpoint(alice));
    const b = await RawClient.enter(await loopback.endpoint(bob));
    b.send({ type: 'hello', room: 'lobby', you: { id: `u:${alice.userId}` }, name: 'Alice Example' });
    b.send({ type: 'say', ref: 'r1', text: 'I am Alice', from: 'alice@example.com', login: 'alice@example.com' });
    expect((await a.next('message')).from.handle).toBe('bob@example.com');
  });

  it('has no compression, in which a small frame could be a huge message', async () => {
    const client = await RawClient.enter(await loopback.endpoint(alice));
    expect(client.socket.extensions).toBe('');
  });

  it('is closed by a frame that is too long, which is not passed on', async () => {
    const a = await RawClient.enter(await loopback.endpoint(alice));
    const b = await RawClient.enter(await loopback.endpoint(bob));
    b.send({ type: 'say', ref: 'r1', text: 'x'.repeat(1024 * 1024) });
    expect(await b.closed()).toBe(1009);
    expect(a.events.filter(({ type }) => type === 'message')).toEqual([]);
    const c = await RawClient.enter(await loopback.endpoint(ci));
    c.socket.send('['.repeat(MAX_FRAME));
    expect((await c.next('refused')).code).toBe('bad-event');
  });

  it.each([
    ['text that is not JSON', 'hello'],
    ['bytes', Buffer.from('{"type":"typing"}')],
    ['an unknown event', '{"type":"shout"}'],
  ])('answers %s, and goes on', async (_, data) => {
    const a = await RawClient.enter(await loopback.endpoint(alice));
    a.socket.send(data);
    expect((await a.next('refused')).code).toMatch(/^(bad|unknown)-event$/);
    a.send({ type: 'say', ref: 'r1', text: 'still here' });
    expect((await a.next('message')).text).toBe('still here');
  });

  it('is closed by a flood', async () => {
    const a = await RawClient.enter(await loopback.endpoint(alice));
    for (let count = 0; count < 200; count += 1) a.send({ type: 'typing' });
    expect(await a.closed()).toBe(1008);
  });

  it('is closed when the chat ends', async () => {
    const a = await RawClient.enter(await loopback.endpoint(alice));
    const closed = a.closed();
    loopback.chat.close();
    expect(await closed).toBe(1001);
  });

  it('carries moderation', async () => {
    const a = await RawClient.enter(await loopback.endpoint(alice));
    const m = await RawClient.enter(await loopback.endpoint(moderator));
    a.send({ type: 'say', ref: 'r1', text: 'oops' });
    const { id } = await m.next('message');
    m.send({ type: 'remove', message: id });
    expect((await a.next('removed')).message).toBe(id);
  });
});

describe('a websocket that is silent', () => {
  it('is closed if it sends no hello, and if it answers no ping', async () => {
    await using loopback = startChat();
    const endpoint = await loopback.endpoint(alice);
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
    try {
      const silent = new RawClient(endpoint);
      await once(silent.socket, 'open');
      const deaf = new RawClient(endpoint);
      deaf.socket.once('open', () => deaf.send({ type: 'hello', room: 'lobby' }));
      await deaf.next('welcome');
      // ws answers pings by itself; this one does not hear them.
      deaf.socket.removeAllListeners('ping');
      Object.assign(deaf.socket, { pong: () => {} });
      (deaf.socket as unknown as { _autoPong: boolean })._autoPong = false;
      const [silenced, dropped] = [silent.closed(), deaf.closed()];
      vi.advanceTimersByTime(10_000);
      expect(await silenced).toBe(1008);
      vi.advanceTimersByTime(20_000);
      await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(30_000);
      expect(await dropped).toBe(1006);
    } finally {
      vi.useRealTimers();
    }
  });
});
