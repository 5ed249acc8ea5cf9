import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { RequestEvent } from '../../../src/events.ts';
import type { ProxyWarning } from '../../../src/proxy/proxy.ts';
import { deferred, exchangeRaw, type RigOptions, startApp, startProxy, startRawApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

/** Starts a proxy that keeps what it reports. */
async function recordingProxy(target: number, options: RigOptions = {}) {
  const events: RequestEvent[] = [];
  const warnings: ProxyWarning[] = [];
  const onRequest = (event: RequestEvent) => void events.push(event);
  const rig = await startProxy(target, { ...options, onRequest, onWarning: (warning) => void warnings.push(warning) });
  return { ...rig, events, warnings };
}

/** Starts an app that responds to every request with the same bytes, and then does something to the connection. */
const rawApp = (bytes: string, then: (socket: Socket) => void) =>
  startRawApp((socket) => socket.on('data', () => socket.write(bytes, () => then(socket))));

const read = async (url: string) => (await fetch(url)).text();

describe('a response that the target cuts off', () => {
  const cuts: [string, string, (socket: Socket) => void][] = [
    ['before its length', 'Content-Length: 10\r\n\r\nhalf', (socket) => socket.end()],
    ['before its last chunk', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', (socket) => socket.end()],
    ['with a reset', 'Content-Length: 10\r\n\r\nhalf', (socket) => socket.resetAndDestroy()],
    ['with a chunk that cannot be read', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nZ\r\n', () => {}],
  ];
  it.each(cuts)('%s is told in its event and in one warning', async (_, rest, then) => {
    const app = await rawApp(`HTTP/1.1 200 OK\r\n${rest}`, then);
    const { url, events, warnings } = await recordingProxy(app);
    await expect(read(`${url}/a`)).rejects.toThrow();
    await expect(read(`${url}/b`)).rejects.toThrow();
    await expect.poll(() => events).toHaveLength(2);
    expect(events).toMatchObject([
      { path: '/a', status: 200, error: 'http_response_incomplete' },
      { path: '/b', status: 200, error: 'http_response_incomplete' },
    ]);
    expect(events[0]).not.toHaveProperty('aborted');
    expect(warnings).toEqual([
      {
        code: 'TARGET_RESPONSE_INCOMPLETE',
        message: `localhost:${app} broke off a response before its end.`,
        suggestions: [expect.stringContaining('log')],
      },
    ]);
  });

  it('is told to callers by HTTP/2, too', async () => {
    const events: RequestEvent[] = [];
    const app = await rawApp('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', (socket) => socket.end());
    const rig = await startSecureProxy(app, { onRequest: (event) => void events.push(event) });
    await ask(openSession(rig.port), { ':path': '/' }).catch(() => {});
    await expect.poll(() => events).toMatchObject([{ status: 200, error: 'http_response_incomplete' }]);
  });
});

describe('a response that is complete', () => {
  it('has neither an error nor an aborted field, by HTTP/1.1 and HTTP/2', async () => {
    const { port } = await startApp((request, response) => {
      response.statusCode = Number(request.url!.slice(1));
      response.end(response.statusCode === 204 ? undefined : 'x'.repeat(100_000));
    });
    const { url, events, warnings } = await recordingProxy(port);
    const secure = await startSecureProxy(port, { onRequest: (event) => void events.push(event) });
    const session = openSession(secure.port);
    for (const status of [200, 204, 404, 500]) {
      await read(`${url}/${status}`);
      await fetch(`${url}/${status}`, { method: 'HEAD' });
      await ask(session, { ':path': `/${status}` });
      await ask(session, { ':path': `/${status}`, ':method': 'HEAD' });
    }
    await expect.poll(() => events).toHaveLength(16);
    for (const event of events) {
      expect(event).not.toHaveProperty('error');
      expect(event).not.toHaveProperty('aborted');
    }
    expect(warnings).toEqual([]);
  });
});

describe('a caller that goes away', () => {
  it('is told as aborted, and is not blamed on the target', async () => {
    const uploading = deferred<void>();
    const { port } = await startApp((request, response) => {
      if (request.method === 'POST') request.once('data', () => uploading.resolve());
      else response.write('and so on');
    });
    const { url, port: proxied, events, warnings } = await recordingProxy(port);
    const response = await fetch(`${url}/stream`);
    await response.body!.cancel();
    await expect.poll(() => events).toMatchObject([{ path: '/stream', status: 200, aborted: true }]);
    const socket = net.connect(proxied, '127.0.0.1').on('error', () => {});
    socket.write('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nstart');
    await uploading.promise;
    socket.resetAndDestroy();
    await expect.poll(() => events[1]).toMatchObject({ path: '/upload', status: 0, aborted: true });
    for (const event of events) expect(event).not.toHaveProperty('error');
    expect(warnings).toEqual([]);
  });

  it('is not blamed on the target if it stops sending, or sends what is not a body', async () => {
    const { port } = await startApp((request) => void request.resume());
    const { port: proxied, events, warnings } = await recordingProxy(port, { timeouts: { body: 50 } });
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await exchangeRaw(proxied, head)).toMatch(/^HTTP\/1\.1 408 /);
    expect(await exchangeRaw(proxied, `${head}Z\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
    await expect.poll(() => events).toMatchObject([{ status: 408 }, { status: 400 }]);
    for (const event of events) expect(event).not.toHaveProperty('error');
    expect(warnings).toEqual([]);
  });
});

describe('a request that gets no response', () => {
  it('is told with the error, and a reset is told in one warning', async () => {
    const app = await startRawApp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { url, events, warnings } = await recordingProxy(app);
    expect((await fetch(url)).status).toBe(502);
    expect((await fetch(url)).status).toBe(502);
    await expect.poll(() => events).toHaveLength(2);
    expect(events[0]).toMatchObject({ status: 502, error: 'connection_terminated' });
    expect(warnings).toMatchObject([
      { code: 'ECONNRESET', message: `localhost:${app} closed the connection without a response.` },
    ]);
  });

  it('is told if it is no HTTP, or too large', async () => {
    const app = await rawApp('SSH-2.0-OpenSSH\r\n', () => {});
    const { url, events, warnings } = await recordingProxy(app);
    expect((await fetch(url)).status).toBe(502);
    await expect.poll(() => events).toMatchObject([{ status: 502, error: 'http_protocol_error' }]);
    expect(warnings).toMatchObject([{ message: `localhost:${app} did not respond with valid HTTP/1.1.` }]);
  });

  it('is told in one warning while it waits', async () => {
    const app = await startRawApp((socket) => socket.resume());
    const { url, events, warnings } = await recordingProxy(app, { timeouts: { silence: 50, response: 2_000 } });
    const all = [fetch(`${url}/1`), fetch(`${url}/2`), fetch(url, { method: 'POST', body: 'all of it' })];
    await expect.poll(() => warnings).toHaveLength(1);
    expect(events).toEqual([]);
    expect(warnings).toMatchObject([
      {
        code: 'TARGET_SILENT',
        message: `localhost:${app} has not responded to a request for 0.05 seconds.`,
        suggestions: [expect.stringContaining('2 seconds')],
      },
    ]);
    for (const response of await Promise.all(all)) expect(response.status).toBe(504);
    expect(events[0]).toMatchObject({ status: 504, error: 'http_response_timeout' });
    expect(warnings.filter(({ code }) => code === 'TARGET_SILENT')).toHaveLength(1);
  });

  it('is not called silent while its body is on its way, nor once it has a head', async () => {
    const { port } = await startApp((request, response) => {
      if (request.method === 'GET') response.flushHeaders();
      request.on('end', () => response.end('done')).resume();
    });
    const { url, port: proxied, warnings } = await recordingProxy(port, { timeouts: { silence: 100 } });
    const stream = await fetch(url);
    const socket = net.connect(proxied, '127.0.0.1').on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n');
    let sent = 0;
    const dripping = setInterval(() => {
      socket.write('x');
      if (++sent === 8) clearInterval(dripping);
    }, 50);
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(warnings).toEqual([]);
    socket.destroy();
    await stream.body!.cancel();
  });
});
