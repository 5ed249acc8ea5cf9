import { once } from 'node:events';
import net from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { RequestEvent } from '../../../src/events.ts';
import { OwnHosts } from '../../../src/proxy/request/own-hosts.ts';
import { deferred, exchangeRaw, type RigOptions, startApp, startProxy, startRawApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';
import { testPair } from '../test-certificate.ts';

/** Sends bytes, and returns the status and what the log has. */
async function logged(bytes: string, options: RigOptions = {}) {
  const { port } = await startApp((request, response) => void request.resume().on('end', () => response.end('in')));
  const events: RequestEvent[] = [];
  const proxy = await startProxy(port, { onRequest: (event) => events.push(event), ...options });
  const answer = await exchangeRaw(proxy.port, bytes);
  return { status: Number(answer.slice(9, 12)), events };
}

const caller = { kind: 'user', who: 'alice@example.com', ip: '100.64.0.2' };
const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n';

describe('a request that is refused', () => {
  it.each([
    ['that is not HTTP', 'hello\r\n\r\n', 400, /not valid HTTP/],
    ['with a bad header', `${HEAD}X Y: 1\r\n\r\n`, 400, /not valid HTTP/],
    ['with a bare line feed', 'GET / HTTP/1.1\nHost: a\n\n', 400, /not valid HTTP/],
    ['with a large head', `${HEAD}X: ${'x'.repeat(200_000)}\r\n\r\n`, 431, /head is larger/],
    ['with many headers', `${HEAD}${'X: 1\r\n'.repeat(1100)}\r\n`, 431, /headers/],
    ['that ends in its head', HEAD, 400, /not valid HTTP/],
    [
      'with a bad chunk',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      /not valid HTTP/,
    ],
    ['with two Hosts', `${HEAD}Host: b\r\n\r\n`, 400, /more than one Host/],
    ['with another expectation', `${HEAD}Expect: tea\r\n\r\n`, 417, /expectation/],
    ['that is a CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 405, /CONNECT/],
    ['in HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505, /HTTP\/2\.0/],
  ])('is in the log with its status, its reason and its caller: one %s', async (_, bytes, status, reason) => {
    const socketEnds = bytes === HEAD;
    const result = socketEnds ? await ended(bytes) : await logged(bytes);
    expect(result).toEqual({
      status,
      events: [expect.objectContaining({ event: 'request', status, reason: expect.stringMatching(reason), caller })],
    });
  });

  it('is in the log if its head does not arrive in time, unless nothing does', async () => {
    const timeouts = { head: 100, idle: 100 };
    const late = await logged(HEAD, { timeouts });
    expect(late).toMatchObject({ status: 408, events: [{ status: 408, reason: /did not arrive in time/, caller }] });
    expect((await logged('', { timeouts })).events).toEqual([]);
  });

  it('is in the log if it is for a foreign host', async () => {
    const { status, events } = await logged(`GET /x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, {
      own: new OwnHosts(),
    });
    expect(status).toBe(421);
    expect(events).toMatchObject([
      { path: '/x', status: 421, reason: expect.stringContaining('evil.example'), caller },
    ]);
  });

  it('is in the log if it comes behind one that is being answered', async () => {
    const asked = deferred<void>();
    const app = await startRawApp((socket) => socket.once('data', () => asked.resolve()));
    const events: RequestEvent[] = [];
    const proxy = await startProxy(app, { onRequest: (event) => events.push(event) });
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.write(`${HEAD}\r\n`);
    await asked.promise;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume().write('garbage\r\n\r\n');
    await closed;
    await expect.poll(() => events.length).toBe(2);
    expect(events).toContainEqual(expect.objectContaining({ status: 0, reason: expect.stringMatching(/not valid/) }));
  });

  it('has no reason if nothing is wrong with it', async () => {
    const { events } = await logged(`${HEAD}Connection: close\r\n\r\n`);
    expect(events).toHaveLength(1);
    expect(events[0]).not.toHaveProperty('reason');
  });

  it('is in the log by HTTP/2', async () => {
    const { port } = await startApp((_, response) => response.end('in'));
    const events: RequestEvent[] = [];
    const rig = await startSecureProxy(port, {
      own: new OwnHosts([], { names: ['app.test'] }),
      onRequest: (e) => events.push(e),
    });
    const session = openSession(rig.port);
    await ask(session, { ':path': '/#x' });
    await ask(session, { ':path': '/', ':authority': 'evil.example' });
    await ask(session, { ':path': '/', ':method': 'TRACE' });
    expect(events.map(({ status, reason }) => [status, typeof reason])).toEqual([
      [400, 'string'],
      [421, 'string'],
      [405, 'string'],
    ]);
  });

  it('is in the log if it breaks an HTTP/2 connection', async () => {
    const events: RequestEvent[] = [];
    const rig = await startSecureProxy(1, { onRequest: (event) => events.push(event) });
    const socket = connect({
      host: '127.0.0.1',
      port: rig.port,
      servername: 'app.test',
      ca: testPair.cert,
      ALPNProtocols: ['h2'],
    });
    socket.on('error', () => {});
    socket.write(`${HEAD}\r\n`);
    await once(socket.resume(), 'close');
    expect(events).toMatchObject([{ status: 0, reason: expect.stringMatching(/HTTP\/2/), caller }]);
  });
});

/** Sends bytes and the end of the stream. */
async function ended(bytes: string) {
  const events: RequestEvent[] = [];
  const proxy = await startProxy(1, { onRequest: (event) => events.push(event) });
  const socket = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    answer += chunk;
  });
  socket.end(bytes);
  await new Promise((resolve) => socket.once('end', resolve));
  return { status: Number(answer.slice(9, 12)), events };
}
