import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../../src/chat/room/event.ts';
import { ChatClient } from '../../../src/chat/transport/client.ts';
import { LocalLink } from '../../../src/chat/transport/local-link.ts';
import { unknownIdentity } from '../../../src/identity/identity.ts';
import { type LoopbackChat, RawClient, startChat } from '../loopback.ts';
import { alice, bob, ci } from '../people.ts';

/** Keeps the texts that a client was given. */
function listen(client: ChatClient): string[] {
  const texts: string[] = [];
  const take = (event: ServerEvent) => {
    if (event.type === 'message') texts.push(event.text);
    if (event.type === 'welcome') for (const entry of event.entries) take(entry);
  };
  client.on('event', take);
  return texts;
}

async function until(client: ChatClient, is: () => boolean): Promise<void> {
  while (!is()) await once(client, 'event');
}

describe('client', () => {
  let loopback: LoopbackChat;
  beforeEach(() => {
    loopback = startChat();
  });
  afterEach(() => loopback[Symbol.asyncDispose]());

  it('talks, and knows when the chat has everything', async () => {
    const b = await RawClient.enter(await loopback.door(bob));
    const client = new ChatClient((await loopback.door(ci)).url);
    const texts = listen(client);
    await client.connect();
    client.say('one');
    expect(client.unsettled).toBe(1);
    expect((await b.next('message')).text).toBe('one');
    await until(client, () => client.unsettled === 0);
    expect(texts).toEqual(['one']);
    client.close();
  });

  it('says what was said before it was connected', async () => {
    const b = await RawClient.enter(await loopback.door(bob));
    const client = new ChatClient((await loopback.door(ci)).url);
    client.say('early');
    await client.connect();
    expect((await b.next('message')).text).toBe('early');
    client.close();
  });

  it('gives up at once when its signal fires while nobody answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const client = new ChatClient(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const ended = once(client, 'state').then(() => once(client, 'state'));
    const controller = new AbortController();
    const connected = client.connect({ signal: controller.signal });
    const [socket] = await once(silent, 'connection');
    controller.abort();
    await expect(connected).rejects.toMatchObject({ name: 'AbortError' });
    expect(await ended).toMatchObject([{ name: 'ended', wanted: true }]);
    await expect(client.connect({ signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    socket.destroy();
    silent.close();
  });

  it('keeps the order of what is said too fast', async () => {
    const client = new ChatClient((await loopback.door(ci)).url);
    const texts = listen(client);
    await client.connect();
    const said = Array.from({ length: 10 }, (_, index) => `message ${index}`);
    for (const text of said) client.say(text);
    await until(client, () => client.unsettled === 0);
    expect(texts).toEqual(said);
    client.close();
  });

  it('loses and doubles nothing when the connection is cut', async () => {
    const door = await loopback.door(alice);
    const client = new ChatClient(door.url);
    const texts = listen(client);
    await client.connect();
    const b = await RawClient.enter(await loopback.door(bob));
    b.send({ type: 'say', ref: 'r1', text: 'one' });
    await until(client, () => texts.length === 1);
    const open = new Promise<void>((resolve) => client.on('state', ({ name }) => name === 'open' && resolve()));
    for (const socket of door.sockets) socket.destroy();
    b.send({ type: 'say', ref: 'r2', text: 'two' });
    client.say('three');
    await open;
    await until(client, () => client.unsettled === 0 && texts.length === 3);
    expect(texts).toEqual(['one', 'two', 'three']);
    expect(b.events.filter(({ type }) => type === 'message')).toHaveLength(3);
    client.close();
  });

  it('comes back to a chat that was started again, and is given no message twice', async () => {
    const first = startChat();
    const { port, url } = await first.door(alice);
    const client = new ChatClient(url, { room: 'design' });
    const texts = listen(client);
    await client.connect();
    client.say('before');
    await until(client, () => client.unsettled === 0);
    await first[Symbol.asyncDispose]();
    client.say('while it was away');
    await using second = startChat();
    await second.door(alice, port);
    await until(client, () => texts.length === 2);
    client.say('after');
    await until(client, () => client.unsettled === 0);
    expect(texts).toEqual(['before', 'while it was away', 'after']);
    expect(second.chat.rooms).toContainEqual({ name: 'design', people: 1 });
    client.close();
  });

  it('says in words that there is no chat, or that it is turned away', async () => {
    const nowhere = new ChatClient('http://127.0.0.1:1').connect();
    await expect(nowhere).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_CHAT', message: /Expected a chat at 127/ });
    const stranger = await loopback.door(unknownIdentity('100.64.0.1', 1));
    await expect(new ChatClient(stranger.url).connect()).rejects.toThrow(/not, or no longer, known/);
  });

  it('does not come back when its person is put out', async () => {
    const door = await loopback.door(alice);
    const client = new ChatClient(door.url);
    await client.connect();
    const ended = new Promise<string>((resolve) => {
      client.on('state', (state) => state.name === 'ended' && resolve(state.reason));
    });
    for (const socket of door.sockets) socket.emit('identity', unknownIdentity('100.64.0.1', 1));
    expect(await ended).toBe('You are not, or no longer, known on this tailnet.');
  });
});

describe('the link of the one who runs the chat', () => {
  it('needs no connection, and may moderate', async () => {
    await using loopback = startChat();
    const link = new LocalLink(loopback.chat, alice);
    const events: ServerEvent[] = [];
    link.on('event', (event) => events.push(event));
    link.enter();
    link.say('hello');
    expect(events.map(({ type }) => type)).toEqual(['welcome', 'message', 'ack']);
    expect(events[0]).toMatchObject({ moderator: true, you: { handle: 'alice@example.com' } });
    link.close();
    expect(loopback.chat.counts.people).toBe(0);
  });
});
