import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
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
