import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { drains } from '../blocked.ts';
import { deferred, exchangeRaw, readAll, startApp, startProxy, startRawApp } from '../rig.ts';

const CLOSE = 'Host: a\r\nConnection: close\r\n\r\n';

describe('a request body', () => {
  it('of a chunked DELETE is not read as a second request', async () => {
    const seen: string[] = [];
    const { port } = await startApp((request, response) => {
      request.setEncoding('latin1').on('data', (chunk) => seen.push(`body ${chunk}`));
      request.on('end', () => response.end());
      seen.push(`${request.method} ${request.url} ${request.headers['tailscale-user-login']}`);
    });
    const proxy = await startProxy(port);
    const inner = 'GET /admin HTTP/1.1\r\nHost: a\r\nTailscale-User-Login: root@example.com\r\n\r\n';
    for (const method of ['DELETE', 'GET', 'OPTIONS']) {
      seen.length = 0;
      await exchangeRaw(
        proxy.port,
        `${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
      );
      expect(seen).toEqual([`${method} / alice@example.com`, `body ${inner}`]);
    }
  });

  it('loses its trailers', async () => {
    const seen = deferred<unknown>();
    const { port } = await startApp((request, response) => {
      request.resume().on('end', () => {
        seen.resolve([request.rawTrailers, request.headers.trailer]);
        response.end();
      });
    });
    const proxy = await startProxy(port);
    const answer = await exchangeRaw(
      proxy.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Tailscale-User-Login, X-A\r\nConnection: close\r\n\r\n' +
        '1\r\nx\r\n0\r\nTailscale-User-Login: root\r\nX-A: 1\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await seen.promise).toEqual([[], undefined]);
  });

  it('is asked for with 100 Continue only once the app is there', async () => {
    const { port, server } = await startApp((request, response) => request.pipe(response));
    const proxy = await startProxy(port);
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n';
    const socket = net.connect(proxy.port, '127.0.0.1').setEncoding('latin1');
    socket.write(head);
    expect((await once(socket, 'data'))[0]).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('body');
    expect((await once(socket, 'data'))[0]).toMatch(/^HTTP\/1\.1 200 [\s\S]*body/);
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
    expect(await exchangeRaw(proxy.port, head)).toMatch(/^HTTP\/1\.1 502 /);
    expect(await exchangeRaw(proxy.port, head.replace('100-continue', 'a-miracle'))).toMatch(/^HTTP\/1\.1 417 /);
  });

  it('leaves the response intact if the app does not read it to the end', async () => {
    const { port } = await startApp((_, response) => {
      response.writeHead(413).end('too large');
    });
    const { url } = await startProxy(port);
    const request = http.request(url, { method: 'POST' });
    request.on('error', () => {});
    request.write(Buffer.alloc(1_000_000));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(String((await once(response, 'data'))[0])).toBe('too large');
    request.destroy();
  });

  it('leaves the response intact if the app closes the connection with it', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large', () =>
          socket.resetAndDestroy(),
        );
      });
    });
    const { url } = await startProxy(app);
    for (let i = 0; i < 20; i++) {
      const request = http.request(url, { method: 'POST', agent: false });
      request.on('error', () => {});
      for (let j = 0; j < 20; j++) request.write(Buffer.alloc(100_000));
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      expect(response.statusCode).toBe(413);
      expect(String((await once(response, 'data'))[0])).toBe('too large');
      request.destroy();
    }
  });

  it('is drained if it is left over, and the connection serves the next request', async () => {
    const { port } = await startApp((request, response) => response.end(request.url));
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1').setEncoding('latin1');
    socket.write('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\nstart');
    expect((await once(socket, 'data'))[0]).toContain('/1');
    socket.write('x'.repeat(2_000_000 - 5));
    socket.write(`GET /2 HTTP/1.1\r\n${CLOSE}`);
    expect(await readAll(socket)).toContain('/2');
  });

  it('that is left over and large ends the connection', async () => {
    // Its size does, not the time that it takes.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { port } = await startApp((_, response) => response.end('enough'));
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.write('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nstart');
    await once(socket, 'data');
    const closed = deferred<void>();
    socket.once('close', () => closed.resolve());
    socket.write(Buffer.alloc(20_000_000));
    await closed.promise;
  });

  it('breaks off at the app too', async () => {
    const started = deferred<void>();
    const aborted = deferred<void>();
    const { port } = await startApp((request) => {
      request.on('data', () => started.resolve()).on('error', () => aborted.resolve());
    });
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    await started.promise;
    socket.destroy();
    await aborted.promise;
  });

  it('ends both connections if a chunk is broken', async () => {
    const started = deferred<void>();
    const aborted = deferred<void>();
    const { port } = await startApp((request) => {
      request.on('data', () => started.resolve()).on('error', () => aborted.resolve());
    });
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
    await started.promise;
    socket.write('zz\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
    await aborted.promise;
  });

  it('is not read faster than the app reads it', async () => {
    const connected = deferred<net.Socket>();
    const app = await startRawApp((socket) => connected.resolve(socket.pause()));
    const proxy = await startProxy(app);
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n');
    await connected.promise;
    const block = Buffer.alloc(1 << 20);
    while (socket.write(block) || (await drains(socket, proxy.port))) {
      if (socket.bytesWritten > 200e6) break;
    }
    expect(socket.bytesWritten).toBeLessThan(50e6);
    socket.destroy();
  });
});
