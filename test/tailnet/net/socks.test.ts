import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nativeRuntime } from '../../../src/native/runtime.ts';
import type { ForwardedPort } from '../../../src/tailnet/net/forward.ts';
import type { SocksFailure } from '../../../src/tailnet/net/socks.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, readAll, useSandbox } from '../pair.ts';

const CONNECT = 1;
const ASSOCIATE = 3;

/** A SOCKS5 request: the greeting, then a command for a name and a port. */
function request(command: number, host: string, port: number): Buffer {
  const address = Buffer.from([5, 1, 0, 5, command, 0, 3, host.length, ...Buffer.from(host), port >> 8, port & 255]);
  return address;
}

describe('a SOCKS5 proxy of a node', () => {
  useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;
  let proxy: ForwardedPort;
  const failures: SocksFailure[] = [];

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    proxy = await bob.socks5(0, (failure) => failures.push(failure));
  });
  afterAll(async () => {
    await Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]);
  });

  const open = (command: number, host: string, port: number) => {
    const socket = net.connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true });
    socket.write(request(command, host, port));
    return socket;
  };

  it('connects as the node, and each direction ends on its own', async () => {
    const server = await alice.listen(7, { allowHalfOpen: true });
    server.once('connection', async (socket) => socket.end(`${socket.identity.login}: ${await readAll(socket)}`));
    const client = open(CONNECT, 'server', 7);
    client.end('all of it');
    const answer = await readAll(client);
    // Method 0, then success and the address that the connection was made from.
    expect([...answer.subarray(0, 10)]).toEqual([5, 0, 5, 0, 0, 1, ...bob.ips[0]!.split('.').map(Number)]);
    expect(`${answer.subarray(12)}`).toBe('bob@example.com: all of it');
    await server.close();
  });

  it('carries datagrams both ways', async () => {
    const server = alice.createSocket('udp4', (text, { port, address, identity }) =>
      server.send(`${identity.login}: ${text}`, port, address),
    );
    await new Promise<void>((resolve) => server.bind(53, resolve));
    const association = open(ASSOCIATE, '0.0.0.0', 0);
    // Method 0, then success and the address for datagrams: 12 bytes, in one packet or in two.
    let granted = Buffer.alloc(0);
    while (granted.length < 12) {
      await once(association, 'readable');
      granted = Buffer.concat([granted, association.read() ?? []]);
    }
    const client = dgram.createSocket('udp4');
    const address = Buffer.from([0, 0, 0, ...request(CONNECT, 'server', 53).subarray(6)]);
    client.send(
      Buffer.concat([address, Buffer.from('question')]),
      granted.readUInt16BE(granted.length - 2),
      '127.0.0.1',
    );
    const [answer] = await once(client, 'message');
    expect(`${answer.subarray(address.length)}`).toBe('bob@example.com: question');
    client.close();
    association.destroy();
    await new Promise<void>((resolve) => server.close(resolve));
  });

  it('reports what could not be reached', async () => {
    const client = open(CONNECT, 'nowhere', 80);
    expect([...(await readAll(client))]).toEqual([5, 0, 5, 4, 0, 1, 0, 0, 0, 0, 0, 0]);
    client.destroy();
    expect(failures.at(-1)).toMatchObject({ host: 'nowhere', port: 80, error: { code: 'ENOTFOUND' } });
  });

  it('is refused for a port that is taken, or that is none', async () => {
    await expect(bob.socks5(proxy.port, () => {})).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `listen EADDRINUSE: address already in use 127.0.0.1:${proxy.port}`,
    });
    await expect(bob.socks5(65_536, () => {})).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_INVALID_OPTION' });
  });

  it('cuts its clients when it closes, and closes with its node', async () => {
    const server = await alice.listen(0);
    const node = await join('bob', 'short-lived');
    onTestFinished(async () => {
      await node.close({ timeout: 0 });
      await server.close();
    });
    const { updates } = nativeRuntime();
    const before = updates.size;
    const [first, second] = [await node.socks5(0, () => {}), await node.socks5(0, () => {})];
    proxy = first;
    // Each step has a time of its own, so that the one that hangs is named.
    const signal = AbortSignal.timeout(15_000);
    const accepted = once(server, 'connection', { signal });
    const client = open(CONNECT, 'server', server.port).on('error', () => {});
    const [socket] = await accepted;
    const ended = once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
    socket.resume();
    await first.close();
    await ended;
    client.destroy();
    await node.close({ timeout: 0 });
    expect(updates.size).toBe(before);
    await second.close();
    await expect(once(net.connect(second.port, '127.0.0.1'), 'connect')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});
