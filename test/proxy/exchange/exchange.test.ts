import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred, exchangeRaw, readAll, startApp, startProxy, startRawApp } from '../rig.ts';

const CLOSE = 'Host: a\r\nConnection: close\r\n\r\n';

describe('an exchange', () => {
  it('ends at the app when the caller goes away', async () => {
    const started = deferred<void>();
    const closed = deferred<void>();
    const { port } = await startApp((_, response) => {
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

  it('keeps the order of pipelined requests, each with its own caller', async () => {
    const { port } = await startApp((request, response) => {
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

  it('has an upstream connection for itself until its response is complete', async () => {
    let connections = 0;
    const seen: string[] = [];
    const app = await startRawApp((socket) => {
      const connection = ++connections;
      socket.on('data', (chunk) => {
        for (const [, path] of chunk.toString('latin1').matchAll(/GET (\S+) HTTP/g))
          seen.push(`${path} on ${connection}`);
        const body = chunk.includes('/half') ? 'h' : 'ok';
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=60\r\n\r\n${body}`);
      });
    });
    const { url } = await startProxy(app);
    await (await fetch(`${url}/1`)).text();
    // undici, allowed to, sends the next request as soon as the head of an answer has come.
    const half = await fetch(`${url}/half`);
    expect(await (await fetch(`${url}/2`)).text()).toBe('ok');
    expect(seen).toEqual(['/1 on 1', '/half on 1', '/2 on 2']);
    await half.body?.cancel();
  });

  it('gets only its own response, whatever follows it', async () => {
    const asked = deferred<void>();
    const app = await startRawApp((socket) => socket.once('data', () => asked.resolve()));
    const { port } = await startProxy(app);
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await asked.promise;
    socket.write('\0 this is no request\r\n\r\n');
    expect(await readAll(socket)).toBe('');
  });

  it('is repeated once if a reused connection turns out to be closed, and only if it is safe', async () => {
    const methods: string[] = [];
    let deaths = 0;
    const app = await startRawApp((socket) => {
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
      const { url } = await startProxy(app);
      deaths = 0;
      expect((await fetch(url)).status).toBe(200);
      deaths = 1;
      expect((await fetch(url, { method })).status).toBe(status);
    }
    expect(methods).toEqual(['GET', 'GET', 'GET', 'GET', 'POST']);
  });

  it('is not repeated twice, however many reused connections are closed', async () => {
    let asked = 0;
    let dies = false;
    const app = await startRawApp((socket) => {
      socket.on('data', () => {
        asked++;
        if (dies) socket.destroy();
        else waiting.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=60\r\n\r\n'));
        if (waiting.length === 4) for (const answer of waiting.splice(0)) answer();
      });
    });
    const waiting: (() => void)[] = [];
    const { url } = await startProxy(app);
    await Promise.all([fetch(url), fetch(url), fetch(url), fetch(url)]);
    dies = true;
    expect((await fetch(url)).status).toBe(502);
    expect(asked).toBe(4 + 2);
  });

  it('is not repeated if a fresh connection fails', async () => {
    let connections = 0;
    const app = await startRawApp((socket) => {
      connections++;
      socket.once('data', () => socket.destroy());
    });
    const { url } = await startProxy(app);
    expect((await fetch(url)).status).toBe(502);
    expect(connections).toBe(1);
  });
});
