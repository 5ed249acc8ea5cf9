import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { drains } from '../blocked.ts';
import { deferred, exchangeRaw, readAll, startApp, startProxy, startRawApp } from '../rig.ts';

const HANDSHAKE =
  'GET /socket HTTP/1.1\r\nHost: myapp\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Connects, sends the handshake and waits for the answer's head. */
async function open(port: number) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  socket.write(`${HANDSHAKE}\r\n`);
  await once(socket, 'data');
  return socket;
}

describe('an upgrade', () => {
  it('carries WebSocket messages of 16 MB both ways', async () => {
    const { server, port } = await startApp((_, response) => response.end());
    const sockets = new WebSocketServer({ server, maxPayload: 2 ** 25 });
    sockets.on('connection', (socket, request) => {
      socket.send(String(request.headers['tailscale-user-login']));
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    const proxy = await startProxy(port);
    const client = new WebSocket(`ws://127.0.0.1:${proxy.port}/socket`, { maxPayload: 2 ** 25 });
    onTestFinished(() => client.terminate());
    expect(String((await once(client, 'message'))[0])).toBe('alice@example.com');
    const message = Buffer.alloc(2 ** 24, 'ab');
    client.send(message);
    expect(((await once(client, 'message'))[0] as Buffer).equals(message)).toBe(true);
    client.close(4001, 'bye');
    const [code, reason] = await once(client, 'close');
    expect([code, String(reason)]).toEqual([4001, 'bye']);
  });

  it('goes through the same sanitizer as any request', async () => {
    let seen = '';
    const app = await startRawApp((socket) => {
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1');
        socket.end(SWITCH);
      });
    });
    const { port } = await startProxy(app);
    const forged =
      'Tailscale-User-Login: root\r\ntailscale_user_name: root\r\nX-Forwarded-For: 1.1.1.1\r\nCookie: a=1\r\n';
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.write(
      `${HANDSHAKE.replace('Connection: Upgrade', 'Connection: Upgrade, Cookie, Tailscale-User-Login')}${forged}\r\n`,
    );
    await readAll(socket);
    expect(seen).not.toMatch(/root|1\.1\.1\.1|cookie/i);
    expect(seen.match(/tailscale-user-login: .*/gi)).toEqual(['Tailscale-User-Login: alice@example.com']);
    expect(seen).toMatch(/^GET \/socket HTTP\/1\.1\r\nhost: myapp\r\nconnection: upgrade\r\nupgrade: websocket\r\n/);
  });

  it('delivers what the caller sends after the app has ended its half', async () => {
    const received = deferred<number>();
    const app = await startRawApp((socket) => {
      let bytes = 0;
      socket.once('data', () => {
        socket.on('data', (chunk) => {
          bytes += chunk.length;
        });
        socket.on('end', () => received.resolve(bytes));
        socket.end(`${SWITCH}bye`);
      });
    });
    const { port } = await startProxy(app);
    const socket = await open(port);
    await once(socket.resume(), 'end');
    socket.end(Buffer.alloc(1_000_000));
    expect(await received.promise).toBe(1_000_000);
  });

  it('delivers what the app sends after the caller has ended its half', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.write(SWITCH)).on('end', () => socket.end(Buffer.alloc(1_000_000, 'x')));
    });
    const { port } = await startProxy(app);
    const socket = await open(port);
    socket.end();
    expect(await readAll(socket)).toHaveLength(1_000_000);
  });

  it('forwards what the caller sends before the response', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => {
        socket.write(SWITCH);
        socket.once('data', (chunk) => socket.end(chunk));
      });
    });
    const { port } = await startProxy(app);
    expect(await exchangeRaw(port, `${HANDSHAKE}\r\nearly`)).toMatch(/\r\n\r\nearly$/);
  });

  it('relays a refusal of the app, including cookies, and closes', async () => {
    const app = await startApp((_, response) => {
      response.writeHead(403, [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]);
      response.end('not you');
    });
    const { port } = await startProxy(app.port);
    const answer = await exchangeRaw(port, `${HANDSHAKE}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(answer.match(/Set-Cookie: .*/g)).toEqual(['Set-Cookie: a=1', 'Set-Cookie: b=2']);
    expect(answer).toContain('Connection: close');
    expect(answer).toContain('not you');
  });

  it('is a 502 if the app closes without a response or is not there', async () => {
    const silent = await startProxy(await startRawApp((socket) => socket.once('data', () => socket.destroy())));
    expect(await exchangeRaw(silent.port, `${HANDSHAKE}\r\n`)).toMatch(/^HTTP\/1\.1 502 /);
    const { port, server } = await startApp(() => {});
    await new Promise((resolve) => server.close(resolve));
    const absent = await startProxy(port);
    expect(await exchangeRaw(absent.port, `${HANDSHAKE}\r\n`)).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('closes the app’s connection if the caller goes away before the response', async () => {
    const asked = deferred<void>();
    const ended = deferred<void>();
    const app = await startRawApp((socket) => {
      socket.once('data', () => asked.resolve()).on('end', () => ended.resolve());
    });
    const { port } = await startProxy(app);
    const socket = net.connect(port, '127.0.0.1');
    socket.write(`${HANDSHAKE}\r\n`);
    await asked.promise;
    socket.destroy();
    await ended.promise;
  });

  it('ends both sides if one is reset', async () => {
    let app: net.Socket | undefined;
    const port = await startRawApp((socket) => {
      app = socket;
      socket.once('data', () => socket.write(SWITCH));
    });
    const proxy = await startProxy(port);
    const caller = await open(proxy.port);
    app?.resetAndDestroy();
    await once(caller.resume(), 'end');
    caller.destroy();
    const second = await open(proxy.port);
    const ended = once(app!.resume(), 'end');
    second.resetAndDestroy();
    await ended;
  });

  it('limits what the proxy buffers before the response', async () => {
    const asked = deferred<void>();
    const { port } = await startProxy(await startRawApp((socket) => socket.once('data', () => asked.resolve())));
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write(`${HANDSHAKE}\r\n`);
    await asked.promise;
    const block = Buffer.alloc(1 << 20);
    for (let fits = true; fits && socket.bytesWritten < 100e6; ) {
      fits = socket.write(block) || (await drains(socket, port));
    }
    expect(socket.bytesWritten).toBeLessThan(50e6);
    socket.destroy();
  });

  it.each(['Content-Length: 0', 'content-length: 00'])('may say that it has no body: %s', async (length) => {
    const asked = deferred<string>();
    const app = await startRawApp((socket) =>
      socket.once('data', (data) => {
        asked.resolve(String(data));
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
      }),
    );
    const { port } = await startProxy(app);
    const socket = net.connect(port, '127.0.0.1');
    socket.write(`${HANDSHAKE}${length}\r\n\r\n`);
    socket.once('data', () => socket.end());
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 101 /);
    expect(await asked.promise).not.toMatch(/content-length/i);
  });

  it('is refused with a body, as another method, or in HTTP/1.0', async () => {
    let connections = 0;
    const app = await startRawApp(() => {
      connections++;
    });
    const { port } = await startProxy(app);
    const requests = [
      `${HANDSHAKE}Content-Length: 5\r\n\r\nGET /`,
      `${HANDSHAKE}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${HANDSHAKE.replace('GET', 'POST')}\r\n`,
      `${HANDSHAKE.replace('HTTP/1.1', 'HTTP/1.0')}\r\n`,
    ];
    for (const request of requests) expect(await exchangeRaw(port, request)).toMatch(/^HTTP\/1\.1 400 /);
    expect(connections).toBe(0);
  });

  it('is ignored for anything but a WebSocket', async () => {
    const { port } = await startApp((request, response) => {
      response.setHeader('X-Seen', JSON.stringify(request.headers));
      request.pipe(response);
    });
    const proxy = await startProxy(port);
    const answer = await exchangeRaw(
      proxy.port,
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n' +
        'Content-Length: 4\r\n\r\nbodyGET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    const answers = answer.match(/HTTP\/1\.1 200 OK/g)?.length;
    expect(answer).toMatch(/\r\nbody\r\n/);
    // Or the caller is told that it has to ask for the other one again.
    expect(answers === 2 || (answers === 1 && /\r\nconnection: close\r\n/i.test(answer))).toBe(true);
    expect(answer).not.toMatch(/h2c|http2-settings/i);
  });

  it('that is ignored never turns the rest of a request into another', async () => {
    const seen: (string | undefined)[] = [];
    const asked = deferred<void>();
    const { promise: written, resolve } = deferred<void>();
    const { port } = await startApp(async ({ url }, response) => {
      seen.push(url);
      asked.resolve();
      await written;
      response.end();
    });
    const proxy = await startProxy(port);
    const caller = net.connect(proxy.port, '127.0.0.1').resume();
    caller.write(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nbody' +
        'GET /next HTTP/1.1\r\nConnection: close\r\nX-Rest: ',
    );
    await asked.promise;
    caller.write('GET /rest HTTP/1.1\r\nHost: a\r\n\r\n', () => resolve());
    await once(caller, 'close');
    expect(seen).not.toContain('/rest');
  });

  it('does not cut into the response to an earlier request of the connection', async () => {
    const app = await startRawApp((socket) => socket.resume());
    const warnings: unknown[] = [];
    const { port } = await startProxy(app, { onWarning: (warning) => warnings.push(warning) });
    expect(await exchangeRaw(port, `GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${HANDSHAKE}\r\n`)).toBe('');
    // Node throws where two answers are due on one connection; it is not left to that.
    expect(warnings).toEqual([]);
  });

  // Found by fuzzing: Node refuses to answer twice at a time on one connection, with an exception.
  it('is not read after a refused request', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    const { port } = await startProxy(await startRawApp((socket) => socket.resume()), { onWarning });
    const answer = await exchangeRaw(port, `GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n${HANDSHAKE}\r\n`);
    expect(answer === '' || /^HTTP\/1\.1 400 /.test(answer)).toBe(true);
    const denied = await startProxy(1, { gate: { deny: ['alice@example.com'] }, onWarning });
    await exchangeRaw(denied.port, `GET / HTTP/1.1\r\nHost: a\r\n\r\n${HANDSHAKE}\r\n`);
    expect(warnings).toEqual([]);
  });

  it('is refused if the app changes to another protocol', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.write(SWITCH.replace('websocket', 'h2c')));
    });
    const { port } = await startProxy(app);
    expect(await exchangeRaw(port, `${HANDSHAKE}\r\n`)).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('is not accepted if the caller did not ask for it', async () => {
    const app = await startRawApp((socket) => {
      socket.once('data', () => socket.write(SWITCH));
    });
    const { url } = await startProxy(app);
    expect((await fetch(url)).status).toBe(502);
  });
});
