import { describe, expect, it } from 'vitest';
import { exchangeRaw, startApp, startProxy, startRawApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

const names = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}`);

describe('a request head', () => {
  it('has at most 16 KiB', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    const proxy = await startProxy(app);
    const get = (length: number) =>
      exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${'x'.repeat(length)}\r\n\r\n`);
    expect(await get(16_000)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get(16_400)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('has at most 256 headers, by HTTP/1.1 and HTTP/2', async () => {
    const { port } = await startApp((request, response) => response.end(String(request.headers['x-250'])));
    const proxy = await startSecureProxy(port);
    const get = (count: number) => {
      const fields = names(count - 2).map((name) => `${name}: y\r\n`);
      return exchangeRaw(proxy.proxyPort, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields.join('')}\r\n`);
    };
    expect(await get(256)).toMatch(/^HTTP\/1\.1 200 [\s\S]*y/);
    expect(await get(257)).toMatch(/^HTTP\/1\.1 431 /);
    const session = openSession(proxy.port);
    const fields = (count: number) => Object.fromEntries(names(count - 1).map((name) => [name, 'y']));
    expect(await ask(session, { ':path': '/', ...fields(256) })).toMatchObject({ status: 200, text: 'y' });
    expect(await ask(session, { ':path': '/', ...fields(257) })).toMatchObject({ status: 431 });
  });
});
