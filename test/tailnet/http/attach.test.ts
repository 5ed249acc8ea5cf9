import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, readAll, useSandbox } from '../pair.ts';

describe('tailnet.attach', () => {
  useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  const answer: http.RequestListener = (req, res) => res.end(`caller ${req.tailscale?.login}`);
  async function ask(port: number): Promise<string> {
    const socket = await bob.dial({ host: 'server', port });
    socket.write('GET / HTTP/1.0\r\n\r\n');
    return `${await readAll(socket)}`;
  }

  it('serves the tailnet beside localhost, and knows only the callers of the tailnet', async () => {
    const server = http.createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = await alice.attach(server, { port: 80 });
    const { port: local } = server.address() as net.AddressInfo;
    const headers = { 'tailscale-user-login': 'root@example.com' };
    const response = await fetch(`http://127.0.0.1:${local}`, { headers });
    expect(await response.text()).toBe('caller undefined');
    expect(await ask(80)).toContain('caller bob@example.com');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await once(port, 'close');
    expect(port.listening).toBe(false);
  });

  it('serves a server that listens nowhere else, with its timeouts', async () => {
    const server = http.createServer({ connectionsCheckingInterval: 50, headersTimeout: 100 }, answer);
    const port = await alice.attach(server, { port: 81 });
    expect(await ask(81)).toContain('caller bob@example.com');
    const slow = await bob.dial({ host: 'server', port: 81 });
    slow.write('GET / HTTP/1.1\r\n');
    expect(`${await readAll(slow)}`).toContain('408');
    await port.close();
  });

  it('keeps to maxConnections, together with those that the server has elsewhere, and says whom it drops', async () => {
    const server = http.createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.maxConnections = 2;
    await alice.attach(server, { port: 82 });
    const accepted = once(server, 'connection');
    const local = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    await accepted;
    const second = once(server, 'connection');
    const first = await bob.dial({ host: 'server', port: 82 });
    await second;
    const dropped = once(server, 'drop');
    const late = await bob.dial({ host: 'server', port: 82 });
    expect((await dropped)[0]).toMatchObject({ localPort: 82, remoteAddress: bob.ips[0] });
    expect(await readAll(late)).toHaveLength(0);
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(2);
    first.destroy();
    local.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('stops accepting as soon as the server closes, and lets the server wait for its connections', async () => {
    const server = net.createServer();
    const port = await alice.attach(server, { port: 83 });
    const accepted = once(server, 'connection') as Promise<[net.Socket]>;
    const client = await bob.dial({ host: 'server', port: 83 });
    const [socket] = await accepted;
    let isClosed = false;
    server.on('close', () => {
      isClosed = true;
    });
    server.close();
    await port.close();
    await expect(bob.dial({ host: 'server', port: 83 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(isClosed).toBe(false);
    socket.destroy();
    await once(server, 'close');
    client.destroy();
  });

  it('gives a net.Server the sockets that it asks for', async () => {
    const server = net.createServer({ pauseOnConnect: true, highWaterMark: 1024 });
    const port = await alice.attach(server, { port: 84 });
    const accepted = once(server, 'connection') as Promise<[net.Socket]>;
    const client = await bob.dial({ host: 'server', port: 84 });
    const [socket] = await accepted;
    expect([socket.isPaused(), socket.readableHighWaterMark, socket.allowHalfOpen]).toEqual([true, 1024, false]);
    client.destroy();
    await readAll(socket.resume());
    await port.close();
  });
});
