import http2, { type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exchangeRaw, startApp, startProxy, startRawApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

const names = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}`);
const KIB = 1024;
/** Headers of so many KiB together, each small enough for HTTP/2. */
const parts = (kib: number) => {
  const third = 'x'.repeat((kib * KIB) / 3);
  return { 'x-1': third, 'x-2': third, 'x-3': third };
};
/** Node's own limit for what it sends is 64 KiB. */
const LARGE = { maxSendHeaderBlockLength: KIB * KIB };

/** An app that takes any head, and says how long it was. */
function startTolerantApp(): Promise<number> {
  return startRawApp((socket) => {
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const count = head.split('\r\n').length - 3;
      socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${head.length > 18 * KIB} ${count > 300}`);
    });
  });
}

describe('a request head', () => {
  it.each([
    ['a cookie of 20 kB', '/', { cookie: 'c'.repeat(20_000) }],
    ['a query of 20 kB', `/?${'q'.repeat(20_000)}`, {}],
    // Node's HTTP/2 takes 64 KiB in one header.
    ['120 KiB of headers', '/', { x: 'x'.repeat(60 * KIB), y: 'y'.repeat(60 * KIB) }],
    ['300 headers', '/', Object.fromEntries(names(300).map((name) => [name, 'y'.repeat(60)]))],
  ])('may have %s, by HTTP/1.1 and HTTP/2', async (_, path, headers: Record<string, string>) => {
    const proxy = await startSecureProxy(await startTolerantApp());
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields.join('')}\r\n`;
    expect(await exchangeRaw(proxy.proxyPort, head)).toMatch(/^HTTP\/1\.1 200 [\s\S]*\btrue\b/);
    const answer = await ask(openSession(proxy.port, LARGE), { ':path': path, ...headers });
    expect(answer).toMatchObject({ status: 200, text: expect.stringMatching(/\btrue\b/) });
  });

  it('has at most 128 KiB, by HTTP/1.1 and HTTP/2', async () => {
    const proxy = await startSecureProxy(await startTolerantApp());
    const head = `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${'x'.repeat(129 * KIB)}\r\n\r\n`;
    expect(await exchangeRaw(proxy.proxyPort, head)).toMatch(/^HTTP\/1\.1 431 [\s\S]*128 KiB/);
    const answer = await ask(openSession(proxy.port, LARGE), { ':path': '/', ...parts(129) });
    expect(answer).toMatchObject({ status: 431, text: expect.stringContaining('128 KiB') });
  });

  it('is refused at 128 KiB, before its end', async () => {
    const { port } = await startProxy(await startTolerantApp());
    expect(await exchangeRaw(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(129 * KIB)}`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  it('has at most 1024 headers, by HTTP/1.1 and HTTP/2', async () => {
    const { server, port } = await startApp((request, response) => response.end(String(request.headers['x-1000'])));
    server.maxHeadersCount = 0;
    const proxy = await startSecureProxy(port);
    const get = (count: number) => {
      const fields = names(count - 2).map((name) => `${name}: y\r\n`);
      return exchangeRaw(proxy.proxyPort, `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields.join('')}\r\n`);
    };
    expect(await get(1024)).toMatch(/^HTTP\/1\.1 200 [\s\S]*y/);
    expect(await get(1025)).toMatch(/^HTTP\/1\.1 431 /);
    const session = openSession(proxy.port);
    const fields = (count: number) => Object.fromEntries(names(count - 1).map((name) => [name, 'y']));
    expect(await ask(session, { ':path': '/', ...fields(1024) })).toMatchObject({ status: 200, text: 'y' });
    expect(await ask(session, { ':path': '/', ...fields(1025) })).toMatchObject({ status: 431 });
  });

  it('may be as large for a target that speaks HTTP/2', async () => {
    const app = http2.createServer({ settings: { maxHeaderListSize: KIB * KIB }, ...LARGE });
    app.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.respond({ ':status': 200, ...parts(100) });
      stream.end(`${headers.x?.length} ${headers.y?.length}`);
    });
    app.on('session', (session) => onTestFinished(() => session.destroy()));
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void app.close());
    const proxy = await startProxy(`h2c://127.0.0.1:${(app.address() as AddressInfo).port}`);
    const head = `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${'x'.repeat(60_000)}\r\nY: ${'y'.repeat(60_000)}\r\n\r\n`;
    const answer = await exchangeRaw(proxy.port, head);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('60000 60000');
    expect(answer.length).toBeGreaterThan(100_000);
  });
});

describe('a response head', () => {
  it.each([70, 200])('may have %i kB, by HTTP/1.1 and HTTP/2', async (size) => {
    const app = await startRawApp((socket) => {
      const value = 'a'.repeat(size * 100);
      const fields = names(10).map((name) => `${name}: ${value}\r\n`);
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${fields.join('')}Connection: close\r\n\r\nhello`));
    });
    const proxy = await startSecureProxy(app);
    const answer = await exchangeRaw(proxy.proxyPort, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.length).toBeGreaterThan(size * 1000);
    const session = openSession(proxy.port, { settings: { maxHeaderListSize: KIB * KIB } });
    const byH2 = await ask(session, { ':path': '/' });
    expect(byH2).toMatchObject({ status: 200, text: 'hello' });
    expect(String(byH2.headers['x-9'])).toHaveLength(size * 100);
  });
});
