import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2, { type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LARGE, settled } from '../blocked.ts';
import { deferred, exchangeRaw, startProxy } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';
import { echoHeaders, startH2App } from './h2-server.ts';

const FORGED = {
  'tailscale-user-login': 'root@example.com',
  tailscale_user_login: 'root@example.com',
  'x-forwarded-for': '6.6.6.6',
};
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

describe('an HTTP/2 app without TLS', () => {
  it('gets requests of HTTP/1.1 and HTTP/2 with the caller’s identity and nothing forged', async () => {
    const { port } = await startH2App(echoHeaders);
    const target = `h2c://127.0.0.1:${port}`;
    const { url } = await startProxy(target);
    const { port: securePort } = await startSecureProxy(target);
    const one = (await (await fetch(`${url}/a?b`, { headers: { ...FORGED, te: 'trailers' } })).json()) as object;
    const two = await ask(openSession(securePort), {
      ':path': '/a?b',
      ...FORGED,
      te: 'trailers',
      cookie: ['a=1', 'b=2'],
    });
    const expected = {
      ':method': 'GET',
      ':path': '/a?b',
      ':scheme': 'http',
      'tailscale-user-login': 'alice@example.com',
      'tailscale-user-name': 'Alice Example',
      'x-forwarded-for': '100.64.0.2',
    };
    expect(one).toMatchObject({ ...expected, ':authority': url.slice('http://'.length) });
    expect(JSON.parse(two.text)).toMatchObject({
      ...{ ...expected, ':authority': 'app.test', 'x-forwarded-proto': 'https', te: 'trailers', cookie: 'a=1; b=2' },
    });
    for (const seen of [one, JSON.parse(two.text)]) {
      expect(seen).not.toHaveProperty('tailscale_user_login');
      for (const name of ['host', 'connection', 'keep-alive']) expect(seen).not.toHaveProperty(name);
    }
  });

  it('keeps separate cookies, statuses, bodiless responses and interim responses', async () => {
    const { port } = await startH2App((stream, { ':path': path }) => {
      if (path === '/hints') stream.additionalHeaders({ ':status': 103, link: '</style.css>; rel=preload' });
      const status = path === '/304' ? 304 : 404;
      stream.respond({ ':status': status, 'set-cookie': ['a=1', 'b=2'] });
      stream.end(status === 304 ? undefined : 'no such page');
    });
    const target = `h2c://127.0.0.1:${port}`;
    const session = openSession((await startSecureProxy(target)).port);
    expect(await ask(session, { ':path': '/' })).toMatchObject({ status: 404, text: 'no such page' });
    expect(await ask(session, { ':path': '/', ':method': 'HEAD' })).toMatchObject({ status: 404, text: '' });
    expect(await ask(session, { ':path': '/304' })).toMatchObject({ status: 304, text: '' });
    const answer = await exchangeRaw(
      (await startProxy(target)).port,
      'GET /hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 103 Early Hints\r\nlink: .*\r\n\r\nHTTP\/1.1 404 Not Found\r\n/);
    expect(answer).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r\n/);
  });

  it('gets and sends bodies unchanged', async () => {
    const { port } = await startH2App((stream) => {
      stream.respond();
      stream.pipe(stream);
    });
    const target = `h2c://127.0.0.1:${port}`;
    const bytes = randomBytes(6_000_000).toString('base64');
    const two = await ask(
      openSession((await startSecureProxy(target)).port),
      { ':path': '/', ':method': 'POST' },
      bytes,
    );
    expect(sha256(two.text)).toBe(sha256(bytes));
    const one = await fetch((await startProxy(target)).url, { method: 'POST', body: bytes });
    expect(sha256(await one.text())).toBe(sha256(bytes));
  });

  it('gets the caller’s trailers without reserved names, and sends its own', async () => {
    const { port } = await startH2App((stream) => {
      let seen: object = {};
      stream.on('trailers', (fields) => {
        seen = { ...fields };
      });
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7', 'x-seen': JSON.stringify(seen) }));
      stream.resume().on('end', () => stream.end());
    });
    const target = `h2c://127.0.0.1:${port}`;
    const session = openSession((await startSecureProxy(target)).port);
    const stream = session.request(
      { ':path': '/', ':method': 'POST', ':authority': 'app.test' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-mine': 'kept', authorization: 'Basic x', ...FORGED }));
    stream.end('body');
    const [trailers] = await once(stream.resume(), 'trailers');
    expect(trailers).toMatchObject({ 'x-sum': '7', 'x-seen': '{"x-mine":"kept"}' });
    const answer = await exchangeRaw(
      (await startProxy(target)).port,
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '4\r\nbody\r\n0\r\nX-Mine: kept\r\nTailscale-User-Login: root\r\nTailscale_User_Login: root\r\n\r\n',
    );
    expect(answer).toMatch(/0\r\nx-sum: 7\r\nx-seen: \{"x-mine":"kept"\}\r\n\r\n$/);
  });

  it('may respond while the request goes on, even if both sides are silent for long', async () => {
    const { port } = await startH2App((stream) => {
      stream.respond();
      stream.pipe(stream);
    });
    const rig = await startSecureProxy(`h2c://127.0.0.1:${port}`, { timeouts: { body: 50, response: 50, idle: 50 } });
    const session = openSession(rig.port);
    const stream = session.request({ ':path': '/', ':method': 'POST', ':authority': 'app.test' });
    for (const word of ['one', 'two']) {
      stream.write(word);
      expect(String((await once(stream, 'data'))[0])).toBe(word);
      // A connection that is idle as long is closed.
      await once(openSession(rig.port), 'close');
    }
    // Nor is the connection ended meanwhile: another request can go by it.
    expect(session.closed).toBe(false);
    stream.end('three');
    expect(String((await once(stream, 'data'))[0])).toBe('three');
    await once(stream, 'close');
    expect(stream.rstCode).toBe(0);
  });

  it('learns that a caller has gone away', async () => {
    const { promise: gone, resolve } = deferred<number>();
    const { port } = await startH2App((stream) => {
      stream.on('close', () => resolve(stream.rstCode));
      stream.respond();
      stream.write('first');
    });
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${port}`)).port);
    const stream = session.request({ ':path': '/', ':authority': 'app.test' });
    await once(stream, 'data');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    expect(await gone).toBe(http2.constants.NGHTTP2_CANCEL);
  });

  it('is not read faster than the caller reads, or written to faster than it reads', async () => {
    const { promise: answering, resolve } = deferred<ServerHttp2Stream>();
    const sent = { down: 0, up: 0 };
    const most = 64 * 1024 * 1024;
    const chunk = Buffer.alloc(64 * 1024);
    const pour = (stream: Duplex, way: 'down' | 'up') => {
      const push = () => {
        while (sent[way] < most && stream.writable) {
          sent[way] += chunk.length;
          if (!stream.write(chunk)) return;
        }
      };
      stream.on('drain', push);
      push();
    };
    const { port } = await startH2App((stream, { ':path': path }) => {
      stream.respond();
      if (path === '/large') return stream.end(LARGE);
      pour(stream, 'down');
      resolve(stream);
    });
    const rig = await startSecureProxy(`h2c://127.0.0.1:${port}`);
    const session = openSession(rig.port);
    const stream = session.request({ ':path': '/', ':method': 'POST', ':authority': 'app.test' });
    const received = await answering;
    await once(stream, 'response');
    pour(stream, 'up');
    await settled(session, () => sent.down + sent.up);
    expect(received.readableFlowing).toBe(null);
    expect(sent.down).toBeLessThan(8 * 1024 * 1024);
    expect(sent.up).toBeLessThan(8 * 1024 * 1024);
    stream.close();
  });

  it('gets as many connections as its limit of concurrent streams requires', async () => {
    const waiting: ServerHttp2Stream[] = [];
    const { port, sessions } = await startH2App(
      (stream) => {
        waiting.push(stream);
        if (waiting.length < 10) return;
        for (const one of waiting) {
          one.respond();
          one.end('done');
        }
      },
      { maxConcurrentStreams: 3 },
    );
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${port}`)).port);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(session, { ':path': '/' })));
    expect(answers.map(({ text }) => text)).toEqual(Array(10).fill('done'));
    expect(sessions).toHaveLength(4);
  });

  it('finishes its streams after a GOAWAY, and the next request uses another connection', async () => {
    const { promise: begun, resolve } = deferred<ServerHttp2Stream>();
    const { port, sessions } = await startH2App((stream, { ':path': path }) => {
      stream.respond();
      if (path === '/slow') resolve(stream);
      else stream.end('quick');
    });
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${port}`)).port);
    const slow = ask(session, { ':path': '/slow' });
    const stream = await begun;
    sessions[0]!.goaway();
    await new Promise<void>((acknowledged) => sessions[0]!.ping(() => acknowledged()));
    expect(await ask(session, { ':path': '/' })).toMatchObject({ text: 'quick' });
    expect(sessions).toHaveLength(2);
    stream.end('slow');
    expect(await slow).toMatchObject({ text: 'slow' });
  });

  it('gets a refused request again, but not without end', async () => {
    let refusals = 1;
    let asked = 0;
    const { port } = await startH2App((stream) => {
      asked++;
      if (refusals-- > 0) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      else {
        stream.respond();
        stream.end('done');
      }
    });
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${port}`)).port);
    expect(await ask(session, { ':path': '/', ':method': 'DELETE' })).toMatchObject({ status: 200, text: 'done' });
    asked = 0;
    refusals = Number.POSITIVE_INFINITY;
    expect(await ask(session, { ':path': '/' })).toMatchObject({ status: 502 });
    expect(asked).toBe(3);
  });

  it('may restart at any time', async () => {
    const first = await startH2App(echoHeaders);
    const { url } = await startProxy(`h2c://127.0.0.1:${first.port}`);
    expect((await fetch(url)).status).toBe(200);
    const ended = once(first.sessions[0]!, 'close');
    for (const session of first.sessions) session.destroy();
    first.server.close();
    await ended;
    await startH2App(echoHeaders, {}, first.port);
    expect((await fetch(url)).status).toBe(200);
  });
});
