import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailnetServer } from '../../../src/tailnet/net/server.ts';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { connectPair, join, readAll, useSandbox } from '../pair.ts';

describe('a tailnet server', () => {
  useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  const count = (server: TailnetServer) =>
    new Promise<number>((resolve) => server.getConnections((_, connections) => resolve(connections)));

  it('is listening when it is there, and says so with an event', async () => {
    await using server = await alice.listen(7);
    expect(server.listening).toBe(true);
    await once(server, 'listening');
    expect(server.address()).toEqual({ address: alice.ips[0], family: 'IPv4', port: 7 });
  });

  it('has the port that the node chose when asked for port 0', async () => {
    await using server = await alice.listen(0);
    expect(server.address()?.port).toBeGreaterThan(1023);
    server.on('connection', (socket) => socket.end('hello'));
    expect(`${await readAll(await bob.dial({ host: 'server', port: server.port }))}`).toBe('hello');
  });

  it('refuses a port that the node listens on already, as Node does', async () => {
    await using _ = await alice.listen(8);
    await expect(alice.listen(8)).rejects.toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'listen',
      port: 8,
      address: alice.ips[0],
      message: `listen EADDRINUSE: address already in use ${alice.ips[0]}:8`,
    });
  });

  it('refuses an invalid port', async () => {
    for (const port of [-1, 65536, 1.5, Number.NaN]) {
      await expect(alice.listen(port)).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_INVALID_OPTION' });
      const forwarder = alice.forward(port, { target: 'localhost:1', onConnection: () => {} });
      await expect(forwarder).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_INVALID_OPTION' });
    }
  });

  it('lets connections live on when it closes, and calls back when the last has ended', async () => {
    const server = await alice.listen(9);
    const [near, far] = await connectPair(bob, alice, server);
    let closed = false;
    const callback = new Promise<Error | undefined>((resolve) => server.close(resolve));
    server.on('close', () => {
      closed = true;
    });
    await server.close();
    expect(server.listening).toBe(false);
    expect(server.address()).toBeNull();
    await expect(bob.dial({ host: 'server', port: 9 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    near.write('still here');
    expect(`${(await once(far, 'data'))[0]}`).toBe('still here');
    expect(closed).toBe(false);
    near.destroy();
    expect(await callback).toBeUndefined();
    expect(await new Promise((resolve) => server.close(resolve))).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
  });

  it('counts its connections', async () => {
    await using server = await alice.listen(10);
    const [near, far] = await connectPair(bob, alice, server);
    expect(await count(server)).toBe(1);
    near.destroy();
    far.resume();
    await once(far, 'close');
    expect(await count(server)).toBe(0);
  });

  it('drops what exceeds maxConnections, and says whom', async () => {
    await using server = await alice.listen(11);
    server.maxConnections = 1;
    const [near] = await connectPair(bob, alice, server);
    const dropped = once(server, 'drop');
    const second = await bob.dial({ host: 'server', port: 11 });
    expect((await dropped)[0]).toMatchObject({ localPort: 11, remoteAddress: bob.ips[0], remoteFamily: 'IPv4' });
    expect(await readAll(second)).toHaveLength(0);
    near.destroy();
  });

  it('is an async iterable of connections that ends when it closes', async () => {
    const server = await alice.listen(12);
    const names: string[] = [];
    const clients = [1, 2, 3].map(() => bob.dial({ host: 'server', port: 12 }));
    for await (const socket of server) {
      names.push(socket.identity.name);
      socket.end();
      if (names.length === 3) server.close();
    }
    expect(names).toEqual(Array(3).fill('Bob Example'));
    for (const client of await Promise.all(clients)) client.destroy();
  });

  it('leaves out of its loop who has gone while they waited', async () => {
    const server = await alice.listen(14);
    const waiting = server[Symbol.asyncIterator]();
    server.once('connection', (socket) => socket.destroy(new Error('read ECONNRESET'))); // as a reset does
    const gone = await bob.dial({ host: 'server', port: 14 });
    await readAll(gone);
    const there = await bob.dial({ host: 'server', port: 14 });
    const { value } = await waiting.next();
    expect((value as net.Socket).remotePort).toBe(there.localPort);
    await waiting.return();
    there.destroy();
    (value as net.Socket).destroy();
    await server.close();
  });

  it('closes what waits when the loop over it is left', async () => {
    await using server = await alice.listen(13);
    const clients: net.Socket[] = [];
    const two = (async () => {
      for (let i = 0; i < 2; i++) clients.push(await bob.dial({ host: 'server', port: 13 }));
    })();
    for await (const socket of server) {
      await two;
      while ((await count(server)) < 2) await once(server, 'connection');
      socket.destroy();
      break;
    }
    expect(server.listenerCount('connection')).toBe(0);
    await Promise.all(clients.map((client) => readAll(client)));
  });

  it('is closed by its signal', async () => {
    const controller = new AbortController();
    const server = await alice.listen(14, { signal: controller.signal });
    controller.abort();
    await once(server, 'close');
    expect(server.listening).toBe(false);
    await expect(alice.listen(14, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    await (await alice.listen(14)).close();
  });

  it('closes with its node', async () => {
    const node = await join('alice', 'short-lived');
    const server = await node.listen(80);
    const closed = once(server, 'close');
    await node.close({ timeout: 0 });
    await closed;
  });

  it('listens on both kinds of address', async () => {
    await using server = await alice.listen(15);
    server.on('connection', (socket) => socket.end(`${socket.remoteFamily} ${socket.identity.login}`));
    for (const [family, ip] of Object.entries({ IPv4: alice.ips[0]!, IPv6: alice.ips[1]! })) {
      expect(net.isIP(ip)).toBe(Number(family.at(-1)));
      expect(`${await readAll(await bob.dial({ host: ip, port: 15 }))}`).toBe(`${family} bob@example.com`);
    }
  });

  it('takes connections from ports that have just been used, at once', async () => {
    await using server = await alice.listen(16);
    server.on('connection', (socket) => socket.end('hello'));
    // A port is chosen at random, so that of 100 after some 500 about one is one of those. A dial that was lost asks
    // again after a second; one round of 20 may be as slow because others keep the machine busy.
    let slow = 0;
    for (let round = 0; round < 20; round++) {
      const start = performance.now();
      const dials = Array.from({ length: 100 }, () => bob.dial({ host: alice.ips[0]!, port: 16 }));
      for (const dial of dials) expect(`${await readAll(await dial)}`).toBe('hello');
      if (performance.now() - start >= 1000) slow++;
    }
    expect(slow).toBeLessThan(2);
  });
});
