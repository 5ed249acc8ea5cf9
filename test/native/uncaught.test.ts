import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tailnet } from '../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../tailnet/pair.ts';
import { uncaughtAt } from './uncaught.ts';

describe('what a listener throws', () => {
  useSandbox();
  let alice: Tailnet;

  beforeAll(async () => {
    alice = await join('alice', 'server');
  });
  afterAll(() => alice.close({ timeout: 0 }));

  const mine = () => {
    throw new Error('mine');
  };
  const uncaught = ['mine', 'uncaughtException'];

  it('is an uncaught exception where a server begins to listen', async () => {
    const server = alice.createServer();
    expect(await uncaughtAt(() => server.listen(80, mine))).toEqual(uncaught);
    expect(server.listening).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  it('is one where a socket is connected', async () => {
    await using server = await alice.listen(81);
    server.on('connection', (socket) => socket.end());
    const options = { host: alice.ips[0]!, port: 81 };
    expect(await uncaughtAt(() => alice.connect(options, mine).resume())).toEqual(uncaught);
  });

  it('is one where a UDP socket is bound, which it stays', async () => {
    const socket = alice.createSocket('udp4');
    expect(await uncaughtAt(() => socket.bind(82, mine))).toEqual(uncaught);
    expect(socket.address().port).toBe(82);
    const [ip] = alice.ips;
    expect(await uncaughtAt(() => socket.send('x', 83, ip, mine))).toEqual(uncaught);
    expect(await uncaughtAt(() => socket.connect(83, ip!, mine))).toEqual(uncaught);
    await new Promise<void>((resolve) => socket.close(resolve));
  });

  it('is one where a node closes, which it does', async () => {
    const node = await join('bob', 'short-lived');
    node.on('close', mine);
    expect(await uncaughtAt(() => node.close({ timeout: 0 }))).toEqual(uncaught);
    expect(node.state).toBe('stopped');
  });
});
