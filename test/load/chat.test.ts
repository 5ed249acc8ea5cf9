import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { type LoopbackChat, RawClient, startChat } from '../chat/loopback.ts';
import { user } from '../chat/people.ts';
import { duration, medianRatio } from './ratio.ts';

const CLIENTS = 500;
/** Each of them sends one message per burst: no one is told to slow down. */
const PEOPLE = 100;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Clients of a server that sends each message to all of them. */
class Crowd {
  readonly #sockets: WebSocket[];
  /** How many messages have arrived. */
  arrived = 0;
  sent = 0;
  #arrival: (() => void) | undefined;

  constructor(sockets: WebSocket[]) {
    this.#sockets = sockets;
    for (const socket of sockets) {
      socket.removeAllListeners('message');
      socket.on('message', (data) => {
        if (!String(data).startsWith('{"type":"message"')) return;
        this.arrived += 1;
        if (this.arrived === this.sent * CLIENTS) this.#arrival?.();
      });
    }
  }

  /** Sends a message from each person, and waits until everyone has all of them. */
  async burst(): Promise<void> {
    const arrival = new Promise<void>((resolve) => {
      this.#arrival = resolve;
    });
    const from = this.sent;
    this.sent += PEOPLE;
    for (let index = 0; index < PEOPLE; index += 1) {
      const say = { type: 'say', ref: `r${from + index}`, text: 'x'.repeat(120) };
      this.#sockets[index]!.send(JSON.stringify(say));
    }
    await arrival;
  }
}

/** A server with ws alone: it makes an event of each message and sends it to everyone. */
async function startPlain(): Promise<{ crowd: Crowd; close(): void }> {
  const server = createServer().listen(0, '127.0.0.1');
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
  await once(server, 'listening');
  const from = { id: 'u:1', kind: 'user', name: 'Alice Example', handle: 'alice@example.com', tags: [] };
  webSockets.on('connection', (sender) => {
    sender.on('message', (data) => {
      const { ref, text } = JSON.parse(String(data));
      const event = { type: 'message', ref, room: 'lobby', from, text, id: ref, at: new Date().toISOString() };
      const message = JSON.stringify(event);
      for (const reader of webSockets.clients) reader.send(message);
    });
  });
  const { port } = server.address() as AddressInfo;
  const sockets: WebSocket[] = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, 'open');
    sockets.push(socket);
  }
  const close = () => {
    for (const socket of sockets) socket.terminate();
    server.close();
  };
  return { crowd: new Crowd(sockets), close };
}

describe('a chat of 500', () => {
  let loopback: LoopbackChat;
  let crowd: Crowd;
  let plain: Awaited<ReturnType<typeof startPlain>>;
  beforeAll(async () => {
    plain = await startPlain();
    loopback = startChat();
    const sockets: WebSocket[] = [];
    const endpoints = [];
    for (let index = 0; index < PEOPLE; index += 1) {
      endpoints.push(await loopback.endpoint(user(`person${index}@example.com`)));
    }
    for (let index = 0; index < CLIENTS; index += 1) {
      sockets.push((await RawClient.enter(endpoints[index % PEOPLE]!)).socket);
    }
    crowd = new Crowd(sockets);
    // One client stops reading for good.
    (await RawClient.enter(endpoints[0]!)).socket.pause();
  });
  afterAll(async () => {
    plain.close();
    await loopback[Symbol.asyncDispose]();
  });

  it('takes at most half as long as with ws alone, and keeps its memory', { timeout: 120_000 }, async () => {
    await crowd.burst();
    const before = heap();
    const ratio = await medianRatio(
      () => duration(() => crowd.burst()),
      () => duration(() => plain.crowd.burst()),
    );
    const grown = heap() - before;
    expect(ratio).toBeLessThan(0.5);
    // A room keeps at most 512 kB of text.
    expect(grown).toBeLessThan(8 * 2 ** 20);
    expect(crowd.arrived).toBe(crowd.sent * CLIENTS);
    expect(loopback.chat.counts).toMatchObject({ people: PEOPLE, messages: crowd.sent });
  });
});
