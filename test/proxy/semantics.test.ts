import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred, exchangeRaw, readAll, startProxy, startRawService, startService } from './rig.ts';

const CLOSE = 'Host: a\r\nConnection: close\r\n\r\n';

describe('a response', () => {
  it('to HEAD has the length of the body and no body', async () => {
    const { port } = await startService((_, response) => response.setHeader('Content-Length', '5').end('hello'));
    const proxy = await startProxy(port);
    const answer = await exchangeRaw(proxy.port, `HEAD / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toMatch(/Content-Length: 5\r\n/);
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  it.each([204, 304])('of status %i has no body and no framing', async (status) => {
    const { port } = await startService((_, response) => response.writeHead(status, { ETag: '"1"' }).end());
    const proxy = await startProxy(port);
    const answer = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('ETag: "1"');
    expect(answer).not.toMatch(/transfer-encoding|content-length/i);
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  it('keeps reason phrase, order, spelling, Latin-1 bytes and repeated headers', async () => {
    const head =
      'HTTP/1.1 299 Rather fine\r\nx-lower: a\r\nX-UPPER: b\r\nVary: x\r\nVary: y\r\nX-L1: \xe9\r\nContent-Encoding: gzip\r\n' +
      'Date: yesterday\r\nLocation: http://localhost:1/x?y#z\r\nContent-Length: 2\r\n';
    const service = await startRawService((socket) => {
      socket.once('data', () => socket.end(Buffer.from(`${head}\r\nno`, 'latin1')));
    });
    const { port } = await startProxy(service);
    const answer = await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toBe(`${head}Connection: close\r\n\r\nno`);
  });

  it('loses the headers that Connection names, and the hop-by-hop ones', async () => {
    const service = await startRawService((socket) => {
      socket.once('data', () => {
        socket.end(
          'HTTP/1.1 200 OK\r\nConnection: X-Private, close\r\nX-Private: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\n' +
            'Upgrade: h2c\r\nX-Public: 1\r\nContent-Length: 0\r\n\r\n',
        );
      });
    });
    const { port } = await startProxy(service);
    const answer = await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toContain('X-Public: 1');
    expect(answer).not.toMatch(/x-private|keep-alive|proxy-auth|upgrade/i);
  });

  it('has the trailers of the service when the caller takes them', async () => {
    const { port } = await startService((request, response) => {
      response.writeHead(200, { Trailer: 'Grpc-Status', 'X-TE': String(request.headers.te) });
      response.write('x');
      response.addTrailers({ 'Grpc-Status': '0' });
      response.end();
    });
    const proxy = await startProxy(port);
    const answer = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\nTE: trailers, gzip\r\n${CLOSE}`);
    expect(answer).toContain('Trailer: Grpc-Status\r\n');
    expect(answer).toContain('X-TE: trailers\r\n');
    expect(answer).toMatch(/0\r\nGrpc-Status: 0\r\n\r\n$/);
  });

  it('is preceded by the early hints of the service', async () => {
    const { port } = await startService((_, response) => {
      response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'], 'x-hint': '1' });
      response.end('done');
    });
    const proxy = await startProxy(port);
    const answer = await exchangeRaw(proxy.port, `GET / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload, <\/b.js>; rel=preload\r\n/);
    expect(answer).toMatch(/x-hint: 1\r\n\r\nHTTP\/1\.1 200 OK/);
    const old = await exchangeRaw(proxy.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(old).not.toContain('103');
  });

  it('without a length is chunked for HTTP/1.1 and ends with the connection for HTTP/1.0', async () => {
    const service = await startRawService((socket) => {
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'));
    });
    const { port } = await startProxy(service);
    expect(await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`)).toMatch(
      /Transfer-Encoding: chunked[\s\S]*d\r\nuntil the end\r\n0\r\n\r\n$/,
    );
    const old = await exchangeRaw(port, 'GET / HTTP/1.0\r\n\r\n');
    expect(old).not.toContain('chunked');
    expect(old).toMatch(/\r\n\r\nuntil the end$/);
  });

  it('reaches the visitor head first and event by event', async () => {
    const steps = [deferred<void>(), deferred<void>()];
    const { port } = await startService(async (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      for (const [i, step] of steps.entries()) {
        await step.promise;
        response.write(`data: ${i}\n\n`);
      }
    });
    const { url } = await startProxy(port);
    const response = await fetch(url);
    const reader = response.body!.getReader();
    for (const [i, step] of steps.entries()) {
      step.resolve();
      expect(Buffer.from((await reader.read()).value!).toString()).toBe(`data: ${i}\n\n`);
    }
    await reader.cancel();
  });

  it('that breaks off is seen to break off', async () => {
    const framings = ['Content-Length: 100\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'];
    for (const framing of framings) {
      const service = await startRawService((socket) => {
        socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${framing}`, () => socket.destroy()));
      });
      const { port } = await startProxy(service);
      const answer = await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(answer).toContain('half');
      expect(answer).not.toContain('\r\n0\r\n');
      expect(answer).not.toContain('502');
    }
  });

  it('is sent again to nobody: a body of the service past its length ends its connection', async () => {
    let connections = 0;
    const service = await startRawService((socket) => {
      connections++;
      socket.on('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
      );
    });
    const { url } = await startProxy(service);
    for (let i = 0; i < 3; i++) expect(await (await fetch(url)).text()).toBe('ok');
    expect(connections).toBe(3);
  });
});

describe('a request body', () => {
  it('of a chunked DELETE stays a body: what it contains is no second request', async () => {
    const seen: string[] = [];
    const { port } = await startService((request, response) => {
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
    const { port } = await startService((request, response) => {
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

  it('is asked for with 100 Continue once the service is there, and not where it is not', async () => {
    const { port, server } = await startService((request, response) => request.pipe(response));
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

  it('that the service does not want to the end leaves its answer intact', async () => {
    const { port } = await startService((_, response) => {
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

  it('that is left over is read to its end, and the connection serves the next request', async () => {
    const { port } = await startService((request, response) => response.end(request.url));
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1').setEncoding('latin1');
    socket.write('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\nstart');
    expect((await once(socket, 'data'))[0]).toContain('/1');
    socket.write('x'.repeat(2_000_000 - 5));
    socket.write(`GET /2 HTTP/1.1\r\n${CLOSE}`);
    expect(await readAll(socket)).toContain('/2');
  });

  it('that is left over and large ends the connection', async () => {
    const { port } = await startService((_, response) => response.end('enough'));
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.write('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nstart');
    await once(socket, 'data');
    const closed = deferred<void>();
    socket.once('close', () => closed.resolve());
    socket.write(Buffer.alloc(20_000_000));
    await closed.promise;
  });

  it('that breaks off breaks off at the service too', async () => {
    const started = deferred<void>();
    const aborted = deferred<void>();
    const { port } = await startService((request) => {
      request.on('data', () => started.resolve()).on('error', () => aborted.resolve());
    });
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    await started.promise;
    socket.destroy();
    await aborted.promise;
  });

  it('with a broken chunk ends both connections', async () => {
    const started = deferred<void>();
    const aborted = deferred<void>();
    const { port } = await startService((request) => {
      request.on('data', () => started.resolve()).on('error', () => aborted.resolve());
    });
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
    await started.promise;
    socket.write('zz\r\n');
    expect(await readAll(socket)).not.toContain('200');
    await aborted.promise;
  });

  it('is not read faster than the service reads it', async () => {
    const connected = deferred<net.Socket>();
    const service = await startRawService((socket) => connected.resolve(socket.pause()));
    const proxy = await startProxy(service);
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n');
    await connected.promise;
    const block = Buffer.alloc(1 << 20);
    while (socket.write(block) || (await settles(once(socket, 'drain')))) {
      if (socket.bytesWritten > 200e6) break;
    }
    expect(socket.bytesWritten).toBeLessThan(50e6);
    socket.destroy();
  });
});

/** Whether something happens before nothing else does: two turns of 100 ms without it. */
async function settles(event: Promise<unknown>): Promise<boolean> {
  return Promise.race([event.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 200, false))]);
}

describe('an exchange', () => {
  it('ends at the service when the visitor leaves', async () => {
    const started = deferred<void>();
    const closed = deferred<void>();
    const { port } = await startService((_, response) => {
      response.on('close', () => closed.resolve());
      started.resolve();
    });
    const proxy = await startProxy(port);
    const socket = net.connect(proxy.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await started.promise;
    socket.destroy();
    await closed.promise;
  });

  it('of pipelined requests is answered in their order, each as its own caller', async () => {
    const { port } = await startService((request, response) => {
      const answer = () => response.end(`[${request.url} ${request.headers['tailscale-user-login']}]`);
      if (request.url === '/1') setTimeout(answer, 50);
      else answer();
    });
    const proxy = await startProxy(port);
    const forged = 'Tailscale-User-Login: root\r\n';
    const answer = await exchangeRaw(
      proxy.port,
      `GET /1 HTTP/1.1\r\nHost: a\r\n${forged}\r\nGET /2 HTTP/1.1\r\nHost: a\r\n${forged}\r\nGET /3 HTTP/1.1\r\n${forged}${CLOSE}`,
    );
    expect(answer.match(/\[.*?\]/g)).toEqual([
      '[/1 alice@example.com]',
      '[/2 alice@example.com]',
      '[/3 alice@example.com]',
    ]);
  });

  it('is repeated once when a kept connection turns out to be closed, and only if it is safe', async () => {
    const methods: string[] = [];
    let deaths = 0;
    const service = await startRawService((socket) => {
      let served = false;
      socket.on('data', (chunk) => {
        methods.push(chunk.toString().split(' ', 1)[0]!);
        if (served && deaths-- > 0) {
          socket.destroy();
          return;
        }
        served = true;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=60\r\n\r\nok');
      });
    });
    for (const [method, status] of [
      ['GET', 200],
      ['POST', 502],
    ] as const) {
      const { url } = await startProxy(service);
      deaths = 0;
      expect((await fetch(url)).status).toBe(200);
      deaths = 1;
      expect((await fetch(url, { method })).status).toBe(status);
    }
    expect(methods).toEqual(['GET', 'GET', 'GET', 'GET', 'POST']);
  });

  it('that a fresh connection fails is not repeated', async () => {
    let connections = 0;
    const service = await startRawService((socket) => {
      connections++;
      socket.once('data', () => socket.destroy());
    });
    const { url } = await startProxy(service);
    expect((await fetch(url)).status).toBe(502);
    expect(connections).toBe(1);
  });
});
