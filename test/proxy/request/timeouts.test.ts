import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_TIMEOUTS, limitSilence } from '../../../src/proxy/request/timeouts.ts';
import { deferred, exchangeRaw, readAll, startApp, startProxy, startRawApp } from '../rig.ts';

describe('a caller that is too slow', () => {
  it('gets a 408 for a slow head', async () => {
    const { port } = await startProxy(1, { timeouts: { head: 200 } });
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    const dripping = setInterval(() => socket.write('X: y\r\n'), 20);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(dripping);
  });

  it('gets a 408 for a slow body, and the app’s connection ends', async () => {
    const aborted = deferred<void>();
    const { port } = await startApp((request) => request.resume().on('error', () => aborted.resolve()));
    const proxy = await startProxy(port, { timeouts: { body: 200 } });
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nstart';
    expect(await exchangeRaw(proxy.port, head)).toMatch(/^HTTP\/1\.1 408 /);
    await aborted.promise;
  });

  it('is left alone as long as its body makes progress', async () => {
    const { port } = await startApp((request, response) => request.pipe(response));
    const proxy = await startProxy(port, { timeouts: { body: 250 } });
    const socket = net.connect(proxy.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\n');
    let sent = 0;
    const dripping = setInterval(() => {
      socket.write('x');
      if (++sent === 10) clearInterval(dripping);
    }, 50);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [\s\S]*x/);
  });

  it('is cut off if it does not read its response, and the app too', async () => {
    const closed = deferred<void>();
    const { port } = await startApp((_, response) => {
      response.on('close', () => closed.resolve());
      const more = () => {
        while (response.write(Buffer.alloc(1 << 16)));
      };
      response.on('drain', more);
      more();
    });
    const proxy = await startProxy(port, { timeouts: { stall: 300 } });
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.pause().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await closed.promise;
    socket.destroy();
  });

  it('is not cut off at all without --idle-timeout, once its head has arrived', () => {
    expect(DEFAULT_TIMEOUTS).toMatchObject({ body: 0, stall: 0, response: 0, pause: 0 });
    expect(DEFAULT_TIMEOUTS.head).toBeGreaterThan(0);
    expect(DEFAULT_TIMEOUTS.connect).toBeGreaterThan(0);
    expect(DEFAULT_TIMEOUTS.idle).toBeGreaterThan(0);
  });

  it('does not hold up other callers', async () => {
    const { port } = await startApp((_, response) => response.end('fast'));
    const proxy = await startProxy(port);
    const slow = Array.from({ length: 100 }, () => net.connect(proxy.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    for (const socket of slow) socket.write('GET / HTTP/1.1\r\nHost:');
    expect(await (await fetch(proxy.url)).text()).toBe('fast');
    for (const socket of slow) socket.destroy();
  });
});

describe('with --idle-timeout', () => {
  const timeouts = limitSilence(200);

  it('a target that does not respond is a 504', async () => {
    const app = await startRawApp(() => {});
    expect((await fetch((await startProxy(app, { timeouts })).url)).status).toBe(504);
  });

  it('a response that stops is cut off', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart'));
    });
    const { port } = await startProxy(app, { timeouts });
    expect(await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/start$/);
  });

  it('a response that stops is cut off from an HTTP/2 target', async () => {
    const app = http2.createServer((_, response) => void response.writeHead(200).write('start'));
    const sessions = new Set<http2.ServerHttp2Session>();
    app.on('session', (session) => void sessions.add(session)).listen(0, '127.0.0.1');
    await once(app, 'listening');
    onTestFinished(() => {
      for (const session of sessions) session.destroy();
      app.close();
    });
    const { port } = await startProxy(`h2c://127.0.0.1:${(app.address() as net.AddressInfo).port}`, { timeouts });
    expect(await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/start/);
  });

  it('a WebSocket is closed when both sides are silent, and not before', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        let words = 0;
        const speaking = setInterval(() => {
          socket.write(`<${++words}>`);
          if (words === 5) clearInterval(speaking);
        }, 100);
      });
    });
    const { port } = await startProxy(app, { timeouts });
    const handshake = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await exchangeRaw(port, handshake)).toMatch(/^HTTP\/1\.1 101 [\s\S]*<1><2><3><4><5>$/);
  });
});

describe('an idle connection', () => {
  it('of a caller is closed after the timeout', async () => {
    const { port } = await startApp((_, response) => response.end('once'));
    const proxy = await startProxy(port, { timeouts: { idle: 200 } });
    expect(await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('once');
  });

  it('is kept open between two events of a response', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
        setTimeout(() => socket.end('data: 2\n\n'), 1_000);
      });
    });
    const proxy = await startProxy(app, {
      timeouts: { idle: 100, response: 300, body: 100, head: 100, stall: 100 },
    });
    expect(await (await fetch(proxy.url)).text()).toBe('data: 1\n\ndata: 2\n\n');
  });
});
