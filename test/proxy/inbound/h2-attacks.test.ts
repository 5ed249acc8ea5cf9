import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drains, LARGE, settled } from '../blocked.ts';
import { deferred, startApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';
import { testPair } from '../test-certificate.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const TYPE = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, windowUpdate: 8, continuation: 9, ping: 6 };

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A connection on which a test writes frames by hand. */
async function openRaw(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'app.test', ca: testPair.cert, ALPNProtocols: ['h2'] });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {}).resume();
  await once(socket, 'secureConnect');
  socket.write(Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0, Buffer.alloc(0))]));
  return socket;
}

/** Writes until the proxy closes the connection; returns how many bytes that took. */
async function floodUntilClosed(socket: TLSSocket, chunk: Buffer, limit: number): Promise<number> {
  let sent = 0;
  while (!socket.destroyed && socket.writable && sent < limit) {
    sent += chunk.length;
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}

describe('an HTTP/2 connection that keeps resetting its requests', () => {
  it('is closed after a few hundred of them', async () => {
    let requests = 0;
    const { port } = await startApp(() => {
      requests++;
    });
    const rig = await startSecureProxy(port);
    const socket = await openRaw(rig.port);
    const get = Buffer.concat([Buffer.from([0x82, 0x87, 0x84, 0x41, 8]), Buffer.from('app.test')]);
    const cancel = Buffer.from([0, 0, 0, 8]);
    let stream = -1;
    const pairs = () =>
      Buffer.concat(
        Array.from({ length: 20 }, () => {
          stream += 2;
          return Buffer.concat([frame(TYPE.headers, 5, stream, get), frame(TYPE.reset, 0, stream, cancel)]);
        }),
      );
    while (!socket.destroyed && socket.writable && stream < 20_000) {
      socket.write(pairs());
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stream).toBeLessThan(20_000);
    expect(requests).toBeLessThan(700);
    expect(await ask(openSession(rig.port), { ':path': '/', ':method': 'TRACE' })).toMatchObject({ status: 405 });
  });
});

describe('a head that never ends', () => {
  it('is cut off (CONTINUATION flood)', async () => {
    const { port } = await startApp((_request, response) => response.end());
    const rig = await startSecureProxy(port);
    const socket = await openRaw(rig.port);
    socket.write(frame(TYPE.headers, 0, 1, Buffer.from([0x82, 0x87, 0x84])));
    const literal = Buffer.concat([
      Buffer.from([0x00, 0x04]),
      Buffer.from('x-ab'),
      Buffer.from([0x40]),
      Buffer.alloc(64, 'v'),
    ]);
    const chunk = frame(TYPE.continuation, 0, 1, Buffer.concat(Array.from({ length: 200 }, () => literal)));
    expect(await floodUntilClosed(socket, chunk, 64 * 1024 * 1024)).toBeLessThan(16 * 1024 * 1024);
    await ask(openSession(rig.port), { ':path': '/' });
  });
});

describe('frames that carry nothing', () => {
  const floods: [string, Buffer][] = [
    ['WINDOW_UPDATE of the connection', frame(TYPE.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]))],
    ['WINDOW_UPDATE of a stream', frame(TYPE.windowUpdate, 0, 1, Buffer.from([0, 0, 0, 1]))],
    ['PRIORITY', frame(TYPE.priority, 0, 1, Buffer.from([0, 0, 0, 0, 1]))],
    ['PRIORITY of idle streams', frame(TYPE.priority, 0, 1001, Buffer.from([0, 0, 0, 0, 1]))],
    ['padding alone', frame(TYPE.data, 8, 1, Buffer.from([0]))],
    ['unknown types', frame(0x77, 0, 0, Buffer.alloc(64))],
  ];
  const reasons = ['The connection sends too many frames that carry nothing.'];
  // From 22 on, Node.js counts some of these frames itself.
  if (Number(process.versions.node.split('.')[0]) >= 22) reasons.push('The connection does not follow HTTP/2.');
  it.each(floods)('end the connection, with the reason: %s', async (_name, flood) => {
    const { port } = await startApp(() => {});
    const { promise: reason, resolve } = deferred<string>();
    const rig = await startSecureProxy(port, { onRequest: (event) => event.reason && resolve(event.reason) });
    const socket = await openRaw(rig.port);
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
    });
    const post = Buffer.concat([Buffer.from([0x83, 0x87, 0x84, 0x41, 8]), Buffer.from('app.test')]);
    socket.write(frame(TYPE.headers, 4, 1, post));
    const chunk = Buffer.concat(Array.from({ length: 1000 }, () => flood));
    expect(await floodUntilClosed(socket, chunk, 2 ** 31)).toBeLessThan(2 ** 31);
    // GOAWAY, whose last field is ENHANCE_YOUR_CALM.
    expect(received.subarray(-17).toString('hex')).toMatch(/^000008070000000000.{8}0000000b$/);
    expect(reasons).toContain(await reason);
  });

  it('are no reason while a transfer pays for them: uploads of small messages, and small windows', async () => {
    const { port } = await startApp((request, response) => {
      if (request.method === 'GET') return response.end(Buffer.alloc(32 << 20));
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      request.on('end', () => response.end(String(size)));
    });
    const rig = await startSecureProxy(port);
    const session = openSession(rig.port, { settings: { initialWindowSize: 2048 } });
    const { text } = await ask(session, { ':path': '/' });
    expect(text).toHaveLength(32 << 20);

    const messages = 100_000;
    const upload = session.request({ ':path': '/', ':method': 'POST', ':authority': 'app.test' });
    for (let sent = 0; sent < messages; sent++) if (!upload.write('12345')) await once(upload, 'drain');
    upload.end();
    let answer = '';
    for await (const chunk of upload.setEncoding('utf8')) answer += chunk;
    expect(answer).toBe(String(5 * messages));
    expect(session.destroyed).toBe(false);
  });

  it('are no reason when uploads are refused midway', async () => {
    const { port } = await startApp((_request, response) => response.writeHead(413).end());
    const session = openSession((await startSecureProxy(port)).port);
    const body = Buffer.alloc(1 << 20);
    for (let count = 0; count < 60; count++) {
      const stream = session.request({ ':path': '/', ':method': 'POST', ':authority': 'app.test' });
      stream
        .on('error', () => {})
        .resume()
        .end(body);
      await once(stream, 'close');
    }
    expect(session.destroyed).toBe(false);
  });
});

describe('a window that overflows', () => {
  it('ends the connection', async () => {
    const { port } = await startApp((_request, response) => response.end());
    const socket = await openRaw((await startSecureProxy(port)).port);
    const closed = once(socket, 'close');
    const most = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
    socket.write(Buffer.concat([frame(TYPE.windowUpdate, 0, 0, most), frame(TYPE.windowUpdate, 0, 0, most)]));
    await closed;
  });
});

describe('endless pings', () => {
  it('cost no memory if the caller does not read the responses', async () => {
    const { port } = await startApp((_request, response) => response.end());
    const rig = await startSecureProxy(port);
    const socket = await openRaw(rig.port);
    socket.pause();
    const before = process.memoryUsage().rss;
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(TYPE.ping, 0, 0, Buffer.alloc(8))));
    for (let i = 0; i < 300 && socket.writable; i++) {
      if (!socket.write(pings) && !(await drains(socket, rig.proxyPort))) break;
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    await ask(openSession(rig.port), { ':path': '/' });
  });
});

describe('a caller that reads nothing', () => {
  it('makes the proxy hold only a few windows of the response', async () => {
    let written = 0;
    const { port } = await startApp(({ url }, response) => {
      if (url === '/large') return response.end(LARGE);
      const chunk = Buffer.alloc(64 * 1024);
      const write = () => {
        while (written < 512 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', write);
      write();
    });
    const session = openSession((await startSecureProxy(port)).port);
    const stream = session.request({ ':path': '/', ':authority': 'app.test' });
    await once(stream, 'response');
    await settled(session, () => written);
    expect(written).toBeLessThan(32 * 1024 * 1024);
    stream.on('error', () => {}).close();
  });
});
