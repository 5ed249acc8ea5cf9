import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailnetSocket } from '../../../src/tailnet/net/socket.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, readAll, useSandbox } from '../pair.ts';

describe('server.listen on the tailnet', () => {
  useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  it('has an address in the same tick', async () => {
    const server = alice.createServer().listen(80);
    expect(server.address()).toEqual({ address: alice.ips[0], family: 'IPv4', port: 80 });
    await once(server, 'listening');
    expect(server.address()).toEqual({ address: alice.ips[0], family: 'IPv4', port: 80 });
    server.close();
    expect(server.address()).toBeNull();
    await once(server, 'close');
  });

  it('picks a port in the same tick, and opens that one', async () => {
    const servers = [alice.createServer().listen(0), alice.createServer().listen()];
    const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
    await Promise.all(servers.map((server) => once(server, 'listening')));
    expect(new Set(ports).size).toBe(2);
    for (const [i, server] of servers.entries()) {
      expect((server.address() as net.AddressInfo).port).toBe(ports[i]);
      (await bob.dial({ host: 'server', port: ports[i]! })).destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('works right after close, on the same port and on another', async () => {
    const server = alice.createServer((_, res) => res.end('hello'));
    await once(server.listen(81), 'listening');
    for (const port of [81, 82]) {
      server.close();
      await once(server.listen(port), 'listening');
      const socket = await bob.dial({ host: 'server', port });
      socket.write('GET / HTTP/1.0\r\n\r\n');
      expect(`${await readAll(socket)}`).toContain('hello');
    }
    await expect(bob.dial({ host: 'server', port: 81 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await new Promise((resolve) => server.close(resolve));
  });

  it('works right after a close that came before the port was open', async () => {
    const server = alice.createServer().listen(83);
    server.close();
    await once(server.listen(83), 'listening');
    await new Promise((resolve) => server.close(resolve));
  });

  it('takes a close whose callback is not a function', async () => {
    const server = alice.createServer().listen(84);
    await once(server, 'listening');
    server.close('x' as never);
    await once(server, 'close');
    const port = await alice.listen(84);
    await port.close('x' as never);
  });

  it('hands over sockets that know their server, as many as it counts', async () => {
    const server = alice.createServer().listen(85);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[TailnetSocket]>;
    const socket = await bob.dial({ host: 'server', port: 85 });
    expect((await accepted)[0].server).toBe(server);
    expect(socket.server).toBeNull();
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(1);
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives its sockets the highWaterMark of the server', async () => {
    const server = alice.createServer({ highWaterMark: 1024 }).listen(86);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[TailnetSocket]>;
    const client = await bob.dial({ host: 'server', port: 86, highWaterMark: 2048 });
    const [socket] = await accepted;
    expect([socket.readableHighWaterMark, socket.writableHighWaterMark]).toEqual([1024, 1024]);
    expect([client.readableHighWaterMark, client.writableHighWaterMark]).toEqual([2048, 2048]);
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('pauses its sockets when asked to', async () => {
    await using server = await alice.listen(87, { pauseOnConnect: true });
    const accepted = once(server, 'connection') as Promise<[TailnetSocket]>;
    const client = await bob.dial({ host: 'server', port: 87 });
    client.end('hello');
    const [socket] = await accepted;
    expect([socket.isPaused(), socket.bytesRead]).toEqual([true, 0]);
    expect(`${await readAll(socket.resume())}`).toBe('hello');
  });

  it('hands over nothing to a child process', async () => {
    const program = "process.on('message', (_, handle) => process.send(handle ? 'handle' : 'nothing'))";
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const server = alice.createServer().listen(88);
    await once(server, 'listening');
    const udp = alice.createSocket('udp4').bind(88);
    await once(udp, 'listening');
    const isHandedOver = (handle: unknown) =>
      new Promise((resolve) => {
        child.once('message', (message) => resolve(message === 'handle'));
        child.send('take this', handle as net.Server, (error) => error && resolve(false));
      });
    expect(await isHandedOver(server)).toBe(false);
    expect(await isHandedOver(udp)).toBe(false);
    child.kill();
    udp.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a signal that is none, and closes by one that has fired', async () => {
    const server = alice.createServer();
    const signal = 'x' as never;
    expect(() => server.listen({ port: 89, signal })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
    server.listen({ port: 89, signal: AbortSignal.abort() });
    await once(server, 'close');
    await once(server.listen(89), 'listening');
    await new Promise((resolve) => server.close(resolve));
  });
});
