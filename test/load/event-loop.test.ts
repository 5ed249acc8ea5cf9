import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailnetSocket } from '../../src/tailnet/net/socket.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { ended, runFixture } from '../native/child.ts';
import { join, useSandbox } from '../tailnet/pair.ts';
import { medianRatio } from './ratio.ts';

describe('the event loop', () => {
  const sandbox = useSandbox();
  let server: Tailnet;

  beforeAll(async () => {
    server = await join('alice', 'server');
  });
  afterAll(() => server.close({ timeout: 0 }));

  it('is busy with 500 arriving connections for at most three times as long as with those of a plain server', async () => {
    const answer = 'HTTP/1.0 200 OK\r\n\r\n';
    const listener = await server.listen(80);
    listener.on('connection', (socket) => socket.resume().end(answer));
    const plain = createServer((socket) => socket.resume().end(answer)).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const door = await sandbox().door('bob', 'server:80');
    const { child, lines } = runFixture('callers.mjs');
    // A call into Go that blocked would count as busy, too.
    const busy = async (port: number) => {
      const before = performance.eventLoopUtilization();
      child.stdin!.write(`${port}\n`);
      expect((await lines.next()).value).toBe('500');
      return performance.eventLoopUtilization(before).active;
    };
    const { port } = plain.address() as AddressInfo;
    const ratio = await medianRatio(
      () => busy(door.port),
      () => busy(port),
    );
    child.stdin!.end();
    await ended(child);
    await door.close();
    await listener.close();
    plain.close();
    expect(ratio).toBeLessThan(3);
  });

  it('may be busy for three seconds while 300 connections arrive, and none is lost', async () => {
    const client = await join('bob', 'busy-client');
    const listener = await server.listen(81);
    const seen: TailnetSocket[] = [];
    listener.on('connection', (socket) => seen.push(socket));
    const dialled = Array.from({ length: 300 }, () => client.dial({ host: server.ips[0]!, port: 81 }));
    const until = Date.now() + 3000;
    while (Date.now() < until); // like an app with a long synchronous computation
    const sockets = await Promise.all(dialled);
    while (seen.length < 300) await once(listener, 'connection');
    expect(new Set(seen.map((socket) => socket.identity.login))).toEqual(new Set(['bob@example.com']));
    for (const socket of [...sockets, ...seen]) socket.destroy();
    await client.close({ timeout: 0 });
  });
});
