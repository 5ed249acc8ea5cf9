import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../../src/chat/room/event.ts';
import { ChatClient } from '../../../src/chat/transport/client.ts';
import { LocalLink } from '../../../src/chat/transport/local-link.ts';
import { unknownIdentity } from '../../../src/identity/identity.ts';
import { type LoopbackChat, RawClient, startChat } from '../loopback.ts';
import { alice, bob, ci } from '../people.ts';

/** Records the texts of the messages a client gets. */
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

  it('sends messages, and knows when the chat has all of them', async () => {
    const b = await RawClient.enter(await loopback.endpoint(bob));
    const client = new ChatClient((await loopback.endpoint(ci)).url);
    const texts = listen(client);
    await client.connect();
    client.say('one');
    expect(client.unsettled).toBe(1);
    expect((await b.next('message')).text).toBe('one');
    await until(client, () => client.unsettled === 0);
    expect(texts).toEqual(['one']);
    client.close();
  });

  it('sends messages from before it was connected', async () => {
    const b = await RawClient.enter(await loopback.endpoint(bob));
    const client = new ChatClient((await loopback.endpoint(ci)).url);
    client.say('early');
    await client.connect();
    expect((await b.next('message')).text).toBe('early');
    client.close();
  });

  it('aborts at once if its signal fires before the server answers', async () => {
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

  it('keeps the order of messages that are sent too fast', async () => {
    const client = new ChatClient((await loopback.endpoint(ci)).url);
    const texts = listen(client);
    await client.connect();
    const said = Array.from({ length: 10 }, (_, index) => `message ${index}`);
    for (const text of said) client.say(text);
    await until(client, () => client.unsettled === 0);
    expect(texts).toEqual(said);
    client.close();
  });

  it('neither loses nor repeats a message when the connection is cut', async () => {
    const endpoint = await loopback.endpoint(alice);
    const client = new ChatClient(endpoint.url);
    const texts = listen(client);
    await client.connect();
    const b = await RawClient.enter(await loopback.endpoint(bob));
    b.send({ type: 'say', ref: 'r1', text: 'one' });
    await until(client, () => texts.length === 1);
    const open = new Promise<void>((resolve) => client.on('state', ({ name }) => name === 'open' && resolve()));
    for (const socket of endpoint.sockets) socket.destroy();
    b.send({ type: 'say', ref: 'r2', text: 'two' });
    client.say('three');
    await open;
    await until(client, () => client.unsettled === 0 && texts.length === 3);
    expect(texts).toEqual(['one', 'two', 'three']);
    expect(b.events.filter(({ type }) => type === 'message')).toHaveLength(3);
    client.close();
  });

  it('reconnects to a chat that was restarted, and gets no message twice', async () => {
    const first = startChat();
    const { port, url } = await first.endpoint(alice);
    const client = new ChatClient(url, { room: 'design' });
    const texts = listen(client);
    await client.connect();
    client.say('before');
    await until(client, () => client.unsettled === 0);
    await first[Symbol.asyncDispose]();
    client.say('while it was away');
    await using second = startChat();
    await second.endpoint(alice, port);
    await until(client, () => texts.length === 2);
    client.say('after');
    await until(client, () => client.unsettled === 0);
    expect(texts).toEqual(['before', 'while it was away', 'after']);
    expect(second.chat.rooms).toContainEqual({ name: 'design', people: 1 });
    client.close();
  });

  it('reports that there is no chat, or that it was rejected', async () => {
    const nowhere = new ChatClient('http://127.0.0.1:1').connect();
    await expect(nowhere).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_CHAT',
      message: /^Could not reach a chat at 127/,
    });
    const stranger = await loopback.endpoint(unknownIdentity('100.64.0.1', 1));
    await expect(new ChatClient(stranger.url).connect()).rejects.toThrow('This tailnet does not recognize you.');
  });

  it('does not reconnect when its person was disconnected', async () => {
    const endpoint = await loopback.endpoint(alice);
    const client = new ChatClient(endpoint.url);
    await client.connect();
    const ended = new Promise<string>((resolve) => {
      client.on('state', (state) => state.name === 'ended' && resolve(state.reason));
    });
    for (const socket of endpoint.sockets) socket.emit('identity', unknownIdentity('100.64.0.1', 1));
    expect(await ended).toBe('This tailnet does not recognize you.');
  });
});

describe('LocalLink', () => {
  it('needs no connection, and is a moderator', async () => {
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
