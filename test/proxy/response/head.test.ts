import { describe, expect, it } from 'vitest';
import { deferred, exchangeRaw, startApp, startProxy, startRawApp } from '../rig.ts';

const CLOSE = 'Host: a\r\nConnection: close\r\n\r\n';

describe('a response', () => {
  it('to HEAD has the length of the body but no body', async () => {
    const { port } = await startApp((_, response) => response.setHeader('Content-Length', '5').end('hello'));
    const proxy = await startProxy(port);
    const answer = await exchangeRaw(proxy.port, `HEAD / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toMatch(/Content-Length: 5\r\n/);
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  it.each([204, 304])('with status %i has no body and no framing', async (status) => {
    const { port } = await startApp((_, response) => response.writeHead(status, { ETag: '"1"' }).end());
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
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.end(Buffer.from(`${head}\r\nno`, 'latin1')));
    });
    const { port } = await startProxy(app);
    const answer = await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toBe(`${head}Connection: close\r\n\r\nno`);
  });

  it('loses the headers that Connection names, and the hop-by-hop ones', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => {
        socket.end(
          'HTTP/1.1 200 OK\r\nConnection: X-Private, close\r\nX-Private: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\n' +
            'Upgrade: h2c\r\nX-Public: 1\r\nContent-Length: 0\r\n\r\n',
        );
      });
    });
    const { port } = await startProxy(app);
    const answer = await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toContain('X-Public: 1');
    expect(answer).not.toMatch(/x-private|keep-alive|proxy-auth|upgrade/i);
  });

  it('keeps its length whatever Connection names, and has no trailers that frame it', async () => {
    const answers = [
      'HTTP/1.1 200 OK\r\nConnection: Content-Length, close\r\nContent-Length: 2\r\n\r\nok',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n2\r\nok\r\n0\r\nHost: b\r\nSet-Cookie: a=1\r\nX-A: 1\r\n\r\n',
    ];
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.end(answers.shift()!));
    });
    const { port } = await startProxy(app);
    expect(await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`)).toMatch(/\r\nContent-Length: 2\r\n[\s\S]*ok$/);
    const chunked = await exchangeRaw(port, `GET / HTTP/1.1\r\nTE: trailers\r\n${CLOSE}`);
    expect(chunked).toMatch(/\r\n0\r\nX-A: 1\r\n\r\n$/);
    expect(chunked).not.toMatch(/host|set-cookie/i);
  });

  it('has the app’s trailers if the caller accepts them', async () => {
    const { port } = await startApp((request, response) => {
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

  it('is preceded by the app’s early hints', async () => {
    const { port } = await startApp((_, response) => {
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

  it('is chunked without a length for HTTP/1.1, and ends with the connection for HTTP/1.0', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'));
    });
    const { port } = await startProxy(app);
    expect(await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`)).toMatch(
      /Transfer-Encoding: chunked[\s\S]*d\r\nuntil the end\r\n0\r\n\r\n$/,
    );
    const old = await exchangeRaw(port, 'GET / HTTP/1.0\r\n\r\n');
    expect(old).not.toContain('chunked');
    expect(old).toMatch(/\r\n\r\nuntil the end$/);
  });

  it('reaches the caller head first and event by event', async () => {
    const steps = [deferred<void>(), deferred<void>()];
    const { port } = await startApp(async (_, response) => {
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

  it('visibly breaks off', async () => {
    const framings = ['Content-Length: 100\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'];
    for (const framing of framings) {
      const app = await startRawApp((socket) => {
        socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${framing}`, () => socket.destroy()));
      });
      const { port } = await startProxy(app);
      const answer = await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(answer).toContain('half');
      expect(answer).not.toContain('\r\n0\r\n');
      expect(answer).not.toContain('502');
    }
  });

  it.each([
    ['a status that is none', 'HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok'],
    [
      'a coding that is unknown here',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['a header cut by CR', 'HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok'],
    ['a header cut by LF', 'HTTP/1.1 200 OK\r\nX-A: a\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok'],
    [
      'a hint cut by CR',
      'HTTP/1.1 103 Early Hints\r\nLink: a\rX: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['a length and a coding', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('is only a 502 with %s', async (_, bytes) => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.write(bytes));
    });
    const { port } = await startProxy(app);
    expect(await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`)).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('has no length if it cannot have a body', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n',
        ),
      );
    });
    const { port } = await startProxy(app);
    const answer = await exchangeRaw(port, `GET / HTTP/1.1\r\n${CLOSE}`);
    expect(answer).toMatch(/^HTTP\/1\.1 103 [\s\S]*HTTP\/1\.1 204 /);
    expect(answer).not.toMatch(/content-length/i);
  });

  it('is never sent to another caller: a body longer than its length ends the connection', async () => {
    let connections = 0;
    const app = await startRawApp((socket) => {
      connections++;
      socket.on('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
      );
    });
    const { url } = await startProxy(app);
    for (let i = 0; i < 3; i++) expect(await (await fetch(url)).text()).toBe('ok');
    expect(connections).toBe(3);
  });
});
