import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred, exchangeRaw, readAll, startProxy, startRawService, startService } from './rig.ts';

const CLOSE = 'Host: a\r\nConnection: close\r\n\r\n';

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

  it('has a connection to the service for itself', async () => {
    const requests: number[] = [];
    const service = await startRawService((socket) => {
      const connection = requests.push(0) - 1;
      socket.on('data', (chunk) => {
        requests[connection]! += chunk.toString('latin1').split('HTTP/1.1').length - 1;
        if (requests.length === 3) for (const answer of waiting.splice(0)) answer();
      });
      waiting.push(() => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    const waiting: (() => void)[] = [];
    const { url } = await startProxy(service);
    await Promise.all([fetch(url), fetch(url), fetch(url)]);
    expect(requests).toEqual([1, 1, 1]);
  });

  it('gets no other answer than its own, whatever comes behind it', async () => {
    const asked = deferred<void>();
    const service = await startRawService((socket) => socket.once('data', () => asked.resolve()));
    const { port } = await startProxy(service);
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await asked.promise;
    socket.write('\0 this is no request\r\n\r\n');
    expect(await readAll(socket)).toBe('');
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

  it('is not repeated a second time, however many kept connections are closed', async () => {
    let asked = 0;
    let dies = false;
    const service = await startRawService((socket) => {
      socket.on('data', () => {
        asked++;
        if (dies) socket.destroy();
        else waiting.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=60\r\n\r\n'));
        if (waiting.length === 4) for (const answer of waiting.splice(0)) answer();
      });
    });
    const waiting: (() => void)[] = [];
    const { url } = await startProxy(service);
    await Promise.all([fetch(url), fetch(url), fetch(url), fetch(url)]);
    dies = true;
    expect((await fetch(url)).status).toBe(502);
    expect(asked).toBe(4 + 2);
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
