import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeCounts } from '../../../src/native/runtime.ts';
import type { TailnetServer } from '../../../src/tailnet/net/server.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, readAll, useSandbox } from '../pair.ts';

describe('tailnet.connect', () => {
  useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;
  let echo: TailnetServer;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    echo = await alice.listen(7);
    echo.on('connection', (socket) => socket.pipe(socket));
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  it('gives a socket that is connecting, and is connected when it says so', async () => {
    const order: string[] = [];
    const socket = bob.connect({ host: 'server', port: 7 }, () => order.push('callback'));
    for (const event of ['lookup', 'connect', 'ready']) socket.on(event, () => order.push(event));
    expect(socket).toBeInstanceOf(net.Socket);
    expect(socket).toMatchObject({ connecting: true, pending: true, readyState: 'opening' });
    expect(socket.remoteAddress).toBeUndefined();
    await once(socket, 'ready');
    expect(order).toEqual(['lookup', 'callback', 'connect', 'ready']);
    expect(socket).toMatchObject({ connecting: false, pending: false, readyState: 'open', remotePort: 7 });
    expect(socket.remoteAddress).toBe(alice.ips[0]);
    expect(socket.localAddress).toBe(bob.ips[0]);
    expect(socket.identity.login).toBe('alice@example.com');
    socket.destroy();
  });

  it('sends what was written before it was connected, and ends', async () => {
    const socket = bob.connect({ host: 'server', port: 7 });
    socket.write('written ');
    socket.end('at once');
    expect(`${await readAll(socket)}`).toBe('written at once');
  });

  it('finds devices by short name, full name and both kinds of address', async () => {
    for (const host of ['server', alice.fqdn, `${alice.fqdn}.`, 'SERVER', alice.ips[0]!, alice.ips[1]!]) {
      const socket = await bob.dial({ host, port: 7 });
      expect(alice.ips).toContain(socket.remoteAddress);
      socket.destroy();
    }
    const socket = await bob.dial({ host: 'server', port: 7, family: 6 });
    expect(socket.remoteFamily).toBe('IPv6');
    socket.destroy();
  });

  it('fails with the codes and fields of Node', async () => {
    const fails = async (host: string, port: number) => {
      const socket = bob.connect({ host, port });
      const closed = once(socket, 'close').catch(() => {});
      const [error] = await once(socket, 'error', { signal: AbortSignal.timeout(20_000) }).catch((e) => [e]);
      await closed;
      return error;
    };
    const host = alice.ips[0]!;
    expect(await fails(host, 9)).toMatchObject({
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: host,
      port: 9,
      message: `connect ECONNREFUSED ${host}:9`,
    });
    expect(await fails('nobody', 7)).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'nobody' });
    expect(await fails('100.127.255.254', 7)).toMatchObject({ code: 'EHOSTUNREACH', syscall: 'connect' });
  });

  it('never leaves the tailnet', async () => {
    const local = net.createServer().listen(0, '127.0.0.1');
    await once(local, 'listening');
    const { port } = local.address() as net.AddressInfo;
    for (const host of ['127.0.0.1', 'localhost']) {
      await expect(bob.dial({ host, port })).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    }
    local.close();
  });

  it('is given up by its signal, before and after it is connected', async () => {
    const controller = new AbortController();
    const aborted = { name: 'AbortError', code: 'ABORT_ERR' };
    const early = bob.connect({ host: 'server', port: 7, signal: controller.signal });
    const late = bob.connect({ host: 'server', port: 7, signal: controller.signal });
    await once(late, 'connect');
    const errors = Promise.all([late, early].map((socket) => new Promise((resolve) => socket.on('error', resolve))));
    controller.abort();
    expect(await errors).toMatchObject([aborted, aborted]);
  });

  it('can be destroyed while it connects, and leaves nothing', async () => {
    const sockets = Array.from({ length: 20 }, () => bob.connect({ host: 'server', port: 7 }));
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map((socket) => once(socket, 'close')));
    await expect.poll(() => nativeCounts()).toMatchObject({ connections: 0, requests: 0 });
  });

  it('says that the node is closed', async () => {
    const node = await join('carol', 'short-lived');
    await node.close({ timeout: 0 });
    await expect(node.dial({ host: 'server', port: 7 })).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
  });

  it.each([
    [undefined, 'ERR_MISSING_ARGS'],
    [{ host: 'server' }, 'ERR_MISSING_ARGS'],
    [{ host: 'server', port: 65_536 }, 'ERR_SOCKET_BAD_PORT'],
    [{ host: 'server', port: 'x' }, 'ERR_SOCKET_BAD_PORT'],
    [{ host: 'server', port: true }, 'ERR_INVALID_ARG_TYPE'],
    [{ port: 80 }, 'ERR_INVALID_ARG_TYPE'],
    [{ host: 'server', port: 80, objectMode: true }, 'ERR_INVALID_ARG_VALUE'],
    [{ host: 'server', port: 80, lookup: 'name' }, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %j as Node does', (options, code) => {
    expect(() => bob.connect(options as never)).toThrow(expect.objectContaining({ code }));
  });

  it('reads into a buffer that it is given', async () => {
    await using server = await alice.listen(30);
    server.on('connection', (socket) => socket.end('hello'));
    const buffer = Buffer.alloc(8);
    const read: string[] = [];
    const callback = (size: number) => read.push(`${buffer.subarray(0, size)}`) > 0;
    const socket = bob.connect({ host: 'server', port: 30, onread: { buffer, callback } });
    await once(socket.resume(), 'end');
    expect(read.join('')).toBe('hello');
  });

  it('has no listeners of its own but those of Node', async () => {
    await using server = await alice.listen(31);
    const accepted = once(server, 'connection');
    const socket = await bob.dial({ host: 'server', port: 31 });
    const [other] = await accepted;
    for (const event of ['close', 'connect', 'error', 'data']) {
      expect([event, socket.listenerCount(event), other.listenerCount(event)]).toEqual([event, 0, 0]);
    }
    socket.destroy();
  });

  it('leaves nothing behind when its signal has fired already', async () => {
    await using server = await alice.listen(32);
    server.on('connection', () => expect.unreachable());
    const socket = bob.connect({ host: 'server', port: 32, signal: AbortSignal.abort() });
    expect(await once(socket, 'close').catch((error) => error)).toMatchObject({ name: 'AbortError' });
    expect(socket.destroyed).toBe(true);
    await expect.poll(() => nativeCounts().requests).toBe(0);
  });

  it('resolves a name by the function that it is given, and reports what that finds', async () => {
    await using server = await alice.listen(33);
    server.on('connection', (socket) => socket.resume().end('hello'));
    const found: unknown[] = [];
    const lookup: net.LookupFunction = (host, { family }, callback) => {
      found.push(host, family);
      setImmediate(() => callback(null, alice.ips[0]!, 4));
    };
    const socket = bob.connect({ host: 'db.example', port: 33, lookup });
    socket.write('written before there is an address');
    socket.on('lookup', (...event) => found.push(...event));
    expect(`${await readAll(socket)}`).toBe('hello');
    expect(found).toEqual(['db.example', 0, null, alice.ips[0], 4, 'db.example']);
    expect(socket.remoteAddress).toBe(alice.ips[0]);
  });

  it.each([
    [new Error('mine'), undefined, 4, 'mine'],
    [null, 'x', 4, 'Invalid IP address: x'],
    [null, '100.64.0.1', 100, 'Invalid address family: 100 db.example:33'],
  ])('fails with what a lookup function finds: %s, %s, %s', async (error, ip, family, message) => {
    const lookup = ((_host, _options, callback) => callback(error, ip!, family)) as net.LookupFunction;
    const socket = bob.connect({ host: 'db.example', port: 33, lookup });
    expect(await once(socket, 'close').catch((reason) => reason)).toMatchObject({ message });
  });

  it('reports a name that does not exist as a lookup too', async () => {
    const socket = bob.connect({ host: 'missing', port: 34 }).on('error', () => {});
    const [error, ip] = await once(socket, 'lookup');
    expect([error.code, ip]).toEqual(['ENOTFOUND', undefined]);
  });

  it('leads to nothing but the tailnet, whatever a lookup function says', async () => {
    const lookup: net.LookupFunction = (_host, _options, callback) => callback(null, '127.0.0.1', 4);
    const socket = bob.connect({ host: 'db.example', port: 33, lookup });
    expect(await once(socket, 'connect').catch((error) => error)).toMatchObject({ code: 'EHOSTUNREACH' });
  });
});
