import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeCounts } from '../../../src/native/runtime.ts';
import type { ConnectOptions } from '../../../src/tailnet/net/connect.ts';
import type { TailnetServer } from '../../../src/tailnet/net/server.ts';
import type { TailnetSocket } from '../../../src/tailnet/net/socket.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { connectPair, join, readAll, useSandbox } from '../pair.ts';

describe('what Node’s own connect does, on the tailnet', () => {
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

  /** Looks up every name as all of these addresses. */
  const finding = (...ips: string[]): net.LookupFunction => {
    const all: LookupAddress[] = ips.map((address) => ({ address, family: net.isIP(address) }));
    return (_host, options, callback) =>
      options.all ? callback(null, all) : callback(null, all[0]!.address, all[0]!.family);
  };
  const failure = (socket: net.Socket) => once(socket, 'connect').catch((error) => error);
  const talk = async (socket: TailnetSocket, text: string) => {
    socket.end(text);
    return `${await readAll(socket)}`;
  };

  describe('a second time', () => {
    it('leads to the same server, and knows who that is', async () => {
      const socket = bob.connect({ host: 'server', port: 7 });
      for (let i = 0; i < 3; i += 1) {
        expect(await talk(socket, `hello ${i}`)).toBe(`hello ${i}`);
        if (!socket.closed) await once(socket, 'close');
        expect(socket.connect()).toBe(socket);
        expect(socket).toMatchObject({ destroyed: false, connecting: true, readyState: 'opening' });
        expect(socket.remoteAddress).toBeUndefined();
        expect(socket.identity.kind).toBe('unknown');
        await once(socket, 'connect');
        expect(socket.remoteAddress).toBe(alice.ips[0]);
        expect(socket.identity.login).toBe('alice@example.com');
      }
      socket.destroy();
    });

    it.each([
      ['port', () => [8]],
      ['port and host', () => [8, alice.ips[1]]],
      ['options', () => [{ port: 8, host: alice.ips[1] }]],
    ])('leads where its %s say', async (_, to) => {
      await using server = await alice.listen(8);
      server.on('connection', (socket) => socket.end('eight'));
      const socket = await bob.dial({ host: alice.ips[0]!, port: 7 });
      socket.destroy();
      await once(socket, 'close');
      const callback = new Promise<void>((resolve) => socket.connect(...to(), resolve));
      await callback;
      expect(socket.remotePort).toBe(8);
      expect(`${await readAll(socket)}`).toBe('eight');
    });

    it('is refused with a path, and leads nowhere for a socket that was accepted', async () => {
      await using server = await alice.listen(9);
      const [near, far] = await connectPair(bob, alice, server);
      near.destroy();
      far.destroy();
      expect(() => near.connect('/run/app.sock')).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
      expect(far.connect(80, '127.0.0.1').destroyed).toBe(true);
    });
  });

  describe('the addresses of a name', () => {
    it('are tried one after the other', async () => {
      await using server = await alice.listen(10, { host: alice.ips[0]! });
      server.on('connection', (socket) => socket.resume().end('four'));
      const lookup = finding(alice.ips[1]!, alice.ips[0]!);
      const socket = bob.connect({ host: 'db.example', port: 10, lookup });
      expect(await talk(socket, 'x')).toBe('four');
      expect(socket.remoteAddress).toBe(alice.ips[0]);
      expect(socket.autoSelectFamilyAttemptedAddresses).toEqual([`${alice.ips[1]}:10`, `${alice.ips[0]}:10`]);
    });

    it('are all in the error if none can be reached', async () => {
      const lookup = finding(alice.ips[1]!, alice.ips[0]!);
      const error = await failure(bob.connect({ host: 'db.example', port: 11, lookup }));
      expect(error).toBeInstanceOf(AggregateError);
      expect(error.errors.map((one: NodeJS.ErrnoException) => one.code)).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
      await expect.poll(() => nativeCounts().requests).toBe(0);
    });

    it('are not all tried without autoSelectFamily', async () => {
      const lookup = finding(alice.ips[1]!, alice.ips[0]!);
      const options = { host: 'db.example', port: 11, lookup, autoSelectFamily: false };
      expect(await failure(bob.connect(options))).toMatchObject({ code: 'ECONNREFUSED', address: alice.ips[1] });
    });

    it('never lead out of the tailnet', async () => {
      const local = net.createServer().listen(0, '127.0.0.1');
      await once(local, 'listening');
      const { port } = local.address() as net.AddressInfo;
      local.once('connection', () => expect.unreachable());
      const error = await failure(bob.connect({ host: 'db.example', port, lookup: finding('::1', '127.0.0.1') }));
      expect(error.errors.map((one: NodeJS.ErrnoException) => one.code)).toEqual(['EHOSTUNREACH', 'EHOSTUNREACH']);
      await new Promise((resolve) => local.close(resolve));
    });

    // Node's own sockets end the process with SIGSEGV here.
    it.each([0, 1])('are only tried until TLS is on top of the socket, %i ticks later', async (ticks) => {
      const lookup = finding(alice.ips[1]!, alice.ips[0]!);
      const socket = bob.connect({ host: 'db.example', port: 11, lookup }).on('error', () => {});
      if (ticks) await new Promise(process.nextTick);
      const secure = tls.connect({ socket, rejectUnauthorized: false });
      const [error] = await once(secure, 'error');
      expect(['ECONNREFUSED', 'EADDRNOTAVAIL']).toContain(error.code);
      expect(socket.destroyed).toBe(true);
    });
  });

  it('takes an address of the node as the local one, and no other', async () => {
    const to = { host: alice.ips[0]!, port: 7 };
    for (const localAddress of [bob.ips[0]!, '0.0.0.0']) {
      const socket = await bob.dial({ ...to, localAddress });
      expect(socket.localAddress).toBe(bob.ips[0]);
      socket.destroy();
    }
    const error = await failure(bob.connect({ ...to, localAddress: '1.2.3.4' }));
    expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind', address: '1.2.3.4' });
  });

  it.each([
    [{ hints: 12_345 }, 'ERR_INVALID_ARG_VALUE'],
    [{ localAddress: 'x' }, 'ERR_INVALID_IP_ADDRESS'],
    [{ localPort: 'x' }, 'ERR_INVALID_ARG_TYPE'],
    [{ autoSelectFamily: 'x' }, 'ERR_INVALID_ARG_TYPE'],
    [{ keepAliveInitialDelay: 'x' }, 'ERR_INVALID_ARG_TYPE'],
  ])('checks %j', (options, code) => {
    const connect = () => bob.connect({ host: 'server', port: 7, ...options } as never);
    expect(connect).toThrow(expect.objectContaining({ code }));
  });

  it('takes the options of a kernel socket, and no path', async () => {
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000, path: '/run/app.sock' };
    const socket = await bob.dial({ host: 'server', port: 7, ...options } as ConnectOptions);
    expect(socket.setNoDelay(false).setKeepAlive(true, 5).remotePort).toBe(7);
    expect(await talk(socket, 'hello')).toBe('hello');
  });

  it('is seen by perf_hooks', async () => {
    const seen = new Promise<PerformanceEntry>((resolve) => {
      const observer = new PerformanceObserver((items) => {
        observer.disconnect();
        resolve(items.getEntries()[0]!);
      });
      observer.observe({ type: 'net' as never });
    });
    const socket = bob.connect({ host: alice.ips[0]!, port: 7 });
    expect(await seen).toMatchObject({ name: 'connect', detail: { host: alice.ips[0], port: 7 } });
    socket.destroy();
  });
});
