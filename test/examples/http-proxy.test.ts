import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import type { Door } from '../../src/sandbox/door.ts';
import { sharedSandbox } from '../sandbox/sandbox.ts';
import { Example } from './example.ts';

describe('http-proxy.js', () => {
  const sandbox = sharedSandbox();
  /** The requests that the app has got, as `METHOD URL`. */
  const requests: string[] = [];
  const app = http.createServer(async (req, res) => {
    requests.push(`${req.method} ${req.url}`);
    res.end(JSON.stringify({ raw: req.rawHeaders, headers: req.headers, body: await text(req) }));
  });
  let example: Example;
  let bob: Door;

  beforeAll(async () => {
    new WebSocketServer({ server: app }).on('connection', (socket, req) =>
      socket.send(`${req.headers['tailscale-user-login']}`),
    );
    await once(app.listen(0, '127.0.0.1'), 'listening');
    const TARGET = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
    example = new Example(sandbox(), 'http-proxy.js', { TARGET });
    expect(await example.line()).toBe('http://http-proxy-example.sandbox.ts.net');
    bob = await sandbox().door('bob', 'http-proxy-example:80');
  });
  afterAll(async () => {
    await bob.close();
    expect(await example.interrupt()).toBe(0);
    app.closeAllConnections();
    app.close();
  });

  /** Sends bytes as Bob, and returns all that comes back until the end. */
  async function send(head: string, body = ''): Promise<string> {
    const socket = net.connect(Number(new URL(bob.url).port), '127.0.0.1');
    socket.write(`${head.trim().replaceAll('\n', '\r\n')}\r\nHost: app\r\nConnection: close\r\n\r\n${body}`);
    return text(socket);
  }

  it('tells the app who is calling, with a body and without', async () => {
    const response = await fetch(bob.url, { method: 'POST', body: 'hello' });
    const { headers, body } = (await response.json()) as { headers: Record<string, string>; body: string };
    expect(headers).toMatchObject({
      'tailscale-user-login': 'bob@example.com',
      'x-forwarded-host': new URL(bob.url).host,
    });
    expect(body).toBe('hello');
    expect(await send('GET / HTTP/1.1')).toContain('"tailscale-user-login":"bob@example.com"');
  });

  it.each([
    ['plain', ''],
    ['with Expect: 100-continue', 'Expect: 100-continue\nContent-Length: 2'],
    ['named by Connection', 'Connection: Tailscale-User-Login, close'],
  ])('cannot be told another name, %s', async (_, more) => {
    const forged = ['Tailscale-User-Login', 'Tailscale_User_Login', 'TAILSCALE-USER-NAME', 'X-Forwarded-For'];
    const lines = forged.map((name) => `${name}: root@evil.example`).join('\n');
    const answer = await send(`POST / HTTP/1.1\n${lines}\n${more}`, more.includes('Length') ? 'hi' : '');
    expect(answer).toContain('"tailscale-user-login":"bob@example.com"');
    expect(answer).not.toContain('root@evil.example');
  });

  it.each(['GET', 'POST', 'DELETE', 'OPTIONS'])('takes no body of %s for a request', async (method) => {
    requests.length = 0;
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: app\r\nTailscale-User-Login: root@evil.example\r\n\r\n';
    await send(`${method} /seen HTTP/1.1\nTransfer-Encoding: chunked`, chunked(hidden));
    await send(`${method} /seen HTTP/1.1\nContent-Length: ${hidden.length}`, hidden);
    expect(new Set(requests)).toEqual(new Set([`${method} /seen`]));
  });

  it('lets WebSockets through, with their caller, and no other upgrade', async () => {
    const socket = new WebSocket(bob.url, { headers: { 'Tailscale-User-Login': 'root@evil.example' } });
    expect(`${(await once(socket, 'message'))[0]}`).toBe('bob@example.com');
    socket.close();
    requests.length = 0;
    expect(await send('GET /other HTTP/1.1\nUpgrade: h2c\nConnection: Upgrade')).toBe('');
    expect(requests).toEqual([]);
  });

  function chunked(body: string): string {
    return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  }
});
