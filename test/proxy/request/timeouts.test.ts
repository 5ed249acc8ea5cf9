import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred, exchangeRaw, readAll, startProxy, startRawService, startService } from '../rig.ts';

describe('a visitor that is too slow', () => {
  it('with its head gets 408', async () => {
    const { port } = await startProxy(1, { timeouts: { head: 200 } });
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    const dripping = setInterval(() => socket.write('X: y\r\n'), 20);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(dripping);
  });

  it('with its body gets 408, and the service is told', async () => {
    const aborted = deferred<void>();
    const { port } = await startService((request) => request.resume().on('error', () => aborted.resolve()));
    const proxy = await startProxy(port, { timeouts: { body: 200 } });
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nstart';
    expect(await exchangeRaw(proxy.port, head)).toMatch(/^HTTP\/1\.1 408 /);
    await aborted.promise;
  });

  it('is let alone while its body moves', async () => {
    const { port } = await startService((request, response) => request.pipe(response));
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

  it('with reading its answer is cut off, and the service too', async () => {
    const closed = deferred<void>();
    const { port } = await startService((_, response) => {
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

  it('does not hold up the others', async () => {
    const { port } = await startService((_, response) => response.end('fast'));
    const proxy = await startProxy(port);
    const slow = Array.from({ length: 100 }, () => net.connect(proxy.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    for (const socket of slow) socket.write('GET / HTTP/1.1\r\nHost:');
    expect(await (await fetch(proxy.url)).text()).toBe('fast');
    for (const socket of slow) socket.destroy();
  });
});

describe('an idle connection', () => {
  it('of a visitor is closed after its time', async () => {
    const { port } = await startService((_, response) => response.end('once'));
    const proxy = await startProxy(port, { timeouts: { idle: 200 } });
    expect(await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('once');
  });

  it('is kept where an answer takes its time between two events', async () => {
    const service = await startRawService((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
        setTimeout(() => socket.end('data: 2\n\n'), 1_000);
      });
    });
    const proxy = await startProxy(service, {
      timeouts: { idle: 100, response: 300, body: 100, head: 100, stall: 100 },
    });
    expect(await (await fetch(proxy.url)).text()).toBe('data: 1\n\ndata: 2\n\n');
  });
});
