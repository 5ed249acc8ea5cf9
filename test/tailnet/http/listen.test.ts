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

  it('listens on all addresses for a name, a wildcard, or loopback', async () => {
    for (const host of ['localhost', '0.0.0.0', '::', '127.0.0.1', '::1', '', undefined]) {
      const server = alice.createServer().listen(86, host);
      await once(server, 'listening');
      expect(server.address()).toEqual({ address: alice.ips[0], family: 'IPv4', port: 86 });
      for (const ip of alice.ips) (await bob.dial({ host: ip, port: 86 })).destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('listens on one address, and leaves the port of the other free', async () => {
    const [ip4, ip6] = alice.ips as [string, string];
    const four = alice.createServer((_, res) => res.end('four')).listen({ port: 8087, host: ip4 });
    expect(four.address()).toEqual({ address: ip4, family: 'IPv4', port: 8087 });
    await once(four, 'listening');
    await expect(bob.dial({ host: ip6, port: 8087 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const six = alice.createServer((_, res) => res.end('six')).listen(8087, ip6);
    await once(six, 'listening');
    expect(six.address()).toEqual({ address: ip6, family: 'IPv6', port: 8087 });
    expect(await (await bob.fetch(`http://${ip4}:8087`)).text()).toBe('four');
    expect(await (await bob.fetch(`http://[${ip6}]:8087`)).text()).toBe('six');
    await expect(alice.listen(8087)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await Promise.all([four, six].map((server) => new Promise((resolve) => server.close(resolve))));
  });

  it('listens on the IPv6 address only', async () => {
    const server = alice.createServer().listen({ port: 88, host: '::', ipv6Only: true });
    await once(server, 'listening');
    expect(server.address()).toEqual({ address: alice.ips[1], family: 'IPv6', port: 88 });
    await expect(bob.dial({ host: alice.ips[0]!, port: 88 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    (await bob.dial({ host: alice.ips[1]!, port: 88 })).destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['1.1.1.1', '192.168.1.2', 'fe80::1', '100.127.0.1'])('does not listen on %s', async (host) => {
    const server = alice.createServer().listen(89, host);
    const [error] = await once(server, 'error');
    expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'listen', address: host, port: 89 });
    await expect(alice.listen(89, { host })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it.each([
    [-1, 'ERR_SOCKET_BAD_PORT'],
    [Number.NaN, 'ERR_SOCKET_BAD_PORT'],
    [123.456, 'ERR_SOCKET_BAD_PORT'],
    [65_536, 'ERR_SOCKET_BAD_PORT'],
    ['', 'ERR_SOCKET_BAD_PORT'],
    ['web', 'ERR_SOCKET_BAD_PORT'],
    [{ port: -1, path: '/run/app.sock' }, 'ERR_SOCKET_BAD_PORT'],
    [{ path: '/run/app.sock' }, 'ERR_INVALID_ARG_VALUE'],
    [{ host: 'localhost' }, 'ERR_INVALID_ARG_VALUE'],
    [{ port: false }, 'ERR_INVALID_ARG_VALUE'],
    [{}, 'ERR_INVALID_ARG_VALUE'],
    [true, 'ERR_INVALID_ARG_VALUE'],
  ])('refuses %j as Node does', (options, code) => {
    expect(() => alice.createServer().listen(options as never)).toThrow(expect.objectContaining({ code }));
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
    await using server = await alice.listen(8087, { pauseOnConnect: true });
    const accepted = once(server, 'connection') as Promise<[TailnetSocket]>;
    const client = await bob.dial({ host: 'server', port: 8087 });
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
