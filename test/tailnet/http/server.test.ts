import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, readAll, useSandbox } from '../pair.ts';

describe('tailnet.createServer', () => {
  useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  const close = (server: http.Server) => new Promise<Error | undefined>((resolve) => server.close(resolve));

  async function ask(port: number, head: string): Promise<string> {
    const socket = await bob.dial({ host: 'server', port });
    socket.write(`${head}\r\nHost: server\r\n\r\n`);
    return `${await readAll(socket)}`;
  }

  it('is an http.Server on the tailnet whose requests know their caller', async () => {
    const server = alice.createServer((req, res) => res.end(`${req.tailscale?.login} ${req.socket.remoteAddress}`));
    expect(server).toBeInstanceOf(http.Server);
    expect(server.listening).toBe(false);
    expect(server.address()).toBeNull();
    expect(server.listen(80, 'localhost', () => {})).toBe(server);
    expect(server.listening).toBe(false);
    await once(server, 'listening');
    expect(server.listening).toBe(true);
    expect(server.address()).toEqual({ address: alice.ips[0], family: 'IPv4', port: 80 });
    expect(await ask(80, 'GET / HTTP/1.0')).toContain(`bob@example.com ${bob.ips[0]}`);
    expect(await close(server)).toBeUndefined();
    expect(server.listening).toBe(false);
    expect(server.address()).toBeNull();
  });

  it('listens again after it was closed', async () => {
    const server = alice.createServer((_, res) => res.end('hello'));
    for (let i = 0; i < 2; i++) {
      await once(server.listen({ port: 81 }), 'listening');
      expect(await ask(81, 'GET / HTTP/1.0')).toContain('hello');
      await close(server);
    }
  });

  it('reports what Node reports: a port in use, a second listen, a close that has nothing to close', async () => {
    const first = alice.createServer();
    const second = alice.createServer();
    await once(first.listen('82'), 'listening');
    expect(() => first.listen(83)).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }));
    second.listen(82);
    await expect(once(second, 'listening')).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen', port: 82 });
    expect(await close(second)).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
    expect(() => second.listen(65536)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
    await close(first);
  });

  it('can be closed before it listens', async () => {
    const server = alice.createServer().listen(84);
    let listened = false;
    server.on('listening', () => {
      listened = true;
    });
    await close(server);
    expect(listened).toBe(false);
    await (await alice.listen(84)).close();
  });

  it('is closed by its signal', async () => {
    const controller = new AbortController();
    const server = alice.createServer().listen({ port: 85, signal: controller.signal });
    await once(server, 'listening');
    controller.abort();
    await once(server, 'close');
  });

  it('may be passed on by itself, as hono wants it', async () => {
    const { createServer } = alice;
    const server = createServer({ keepAliveTimeout: 10 }, (_, res) => res.end('bare'));
    await once(server.listen(86), 'listening');
    expect(await ask(86, 'GET / HTTP/1.0')).toContain('bare');
    await server[Symbol.asyncDispose]();
  });

  it('closes idle connections when it closes, and lets a running answer end', async () => {
    let answer: (() => void) | undefined;
    const server = alice.createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
      if (req.url === '/now') res.end('now');
      else answer = () => res.end('later');
    });
    await once(server.listen(87), 'listening');
    const idle = await bob.dial({ host: 'server', port: 87 });
    idle.write('GET /now HTTP/1.1\r\nHost: server\r\n\r\n');
    await once(idle, 'data');
    const busy = ask(87, 'GET /later HTTP/1.1');
    await once(server, 'request');
    const closed = close(server);
    await readAll(idle);
    answer!();
    expect(await busy).toContain('later');
    await closed;
  });

  it('has the timeouts of Node: a request that never ends is answered with 408', async () => {
    const server = alice.createServer({ connectionsCheckingInterval: 50, headersTimeout: 100 });
    await once(server.listen(88), 'listening');
    const socket = await bob.dial({ host: 'server', port: 88 });
    socket.write('GET / HTTP/1.1\r\n');
    expect(`${await readAll(socket)}`).toContain('408 Request Timeout');
    await close(server);
  });

  it('counts and limits its connections', async () => {
    const server = alice.createServer();
    server.maxConnections = 1;
    await once(server.listen(89), 'listening');
    const accepted = once(server, 'connection');
    const first = await bob.dial({ host: 'server', port: 89 });
    await accepted;
    const dropped = once(server, 'drop');
    const second = await bob.dial({ host: 'server', port: 89 });
    await dropped;
    expect(await readAll(second)).toHaveLength(0);
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(1);
    first.destroy();
    await close(server);
  });

  it('hands over upgrades with their caller', async () => {
    const server = alice.createServer();
    server.on('upgrade', (req, socket) =>
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${req.tailscale?.login}`,
      ),
    );
    await once(server.listen(90), 'listening');
    const answer = await ask(90, 'GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade');
    expect(answer).toContain('bob@example.com');
    await close(server);
  });

  it('closes with its node', async () => {
    const node = await join('alice', 'short-lived');
    const server = node.createServer().listen(80);
    await once(server, 'listening');
    const closed = once(server, 'close');
    await node.close({ timeout: 0 });
    await closed;
  });

  it('closes with its node where it is only about to listen, and cannot listen on one that is closed', async () => {
    const node = await join('alice', 'shorter-lived');
    const servers = Array.from({ length: 20 }, (_, port) => node.createServer().listen(8000 + port));
    const closed = servers.map((server) => once(server, 'close')); // which rejects at an 'error'
    await node.close({ timeout: 0 });
    await Promise.all(closed);
    const [error] = await once(servers[0]!.listen(8000), 'error');
    expect(error).toMatchObject({ code: 'ERR_TSEXPOSE_NODE_CLOSED' });
  });
});
