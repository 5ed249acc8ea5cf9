import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ProxyWarning } from '../../../src/proxy/proxy.ts';
import { exchangeRaw, startApp, startProxy, startRawApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';
import { echoHeaders, startH2App } from './h2-server.ts';

/** Whether there is a HEADERS frame in what a client sent at once. */
function hasHeaders(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 3).toString() === 'PRI' ? 24 : 0;
  for (let at = start; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (bytes[at + 3] === 1) return true;
  return false;
}

describe('a failure of an HTTP/2 app without TLS', () => {
  it('is distinguished from an app that speaks another protocol', async () => {
    expect(await (await fetch((await startProxy('h2c://localhost:1')).url)).text()).toContain(
      'Nothing is listening on localhost:1.',
    );
    const other = await startApp((_request, response) => response.end('HTTP/1.1'));
    const suggestions: string[] = [];
    const onWarning = (warning: ProxyWarning) => suggestions.push(...warning.suggestions);
    const text = await (await fetch((await startProxy(`h2c://127.0.0.1:${other.port}`, { onWarning })).url)).text();
    expect(text).toContain(`127.0.0.1:${other.port} does not speak HTTP/2 without TLS (h2c).`);
    expect(suggestions).toEqual([`If it speaks HTTP/1.1: tsexpose http://127.0.0.1:${other.port}`]);
  });

  it('is a 504 after a timeout: no settings or no response', async () => {
    const silent = await startRawApp(() => {});
    const timeouts = { connect: 100, response: 100 };
    const page = await fetch((await startProxy(`h2c://127.0.0.1:${silent}`, { timeouts })).url);
    expect(page.status).toBe(504);
    expect(await page.text()).toContain(`Connecting to 127.0.0.1:${silent} timed out.`);
    const { port } = await startH2App((stream) => stream.resume());
    const { url } = await startProxy(`h2c://127.0.0.1:${port}`, { timeouts });
    for (const options of [{}, { method: 'POST', body: 'x' }]) {
      const late = await fetch(url, options);
      expect(late.status).toBe(504);
      expect(await late.text()).toContain('did not respond in time');
    }
  });

  it('ends a silent connection, and the next request uses another', async () => {
    const { port } = await startH2App(echoHeaders);
    // Between the two, as a cable that is pulled: what is sent arrives nowhere.
    let pulled = false;
    const between = await startRawApp((socket) => {
      const app = connect(port, '127.0.0.1').on('error', () => {});
      socket.on('close', () => app.destroy());
      const wasPulled = pulled;
      const pass = (to: Socket) => (chunk: Buffer) => {
        if (wasPulled === pulled) to.write(chunk);
      };
      socket.on('data', pass(app));
      app.on('data', pass(socket));
    });
    const { url } = await startProxy(`h2c://127.0.0.1:${between}`, { timeouts: { connect: 100, response: 100 } });
    expect((await fetch(url)).status).toBe(200);
    pulled = true;
    expect((await fetch(url)).status).toBe(504);
    await expect.poll(async () => (await fetch(url)).status, { interval: 50 }).toBe(200);
  });

  it('may be a status that is not valid in HTTP/2', async () => {
    const app = await startRawApp((socket) => {
      // SETTINGS, and for the first stream a head alone: ":status: 999".
      socket.write(Buffer.from('000000040000000000', 'hex'));
      socket.on('data', (chunk) => {
        if (hasHeaders(chunk)) socket.write(Buffer.from('0000050105000000010803393939', 'hex'));
      });
    });
    const session = openSession((await startSecureProxy(`h2c://127.0.0.1:${app}`)).port);
    const { status, text } = await ask(session, { ':path': '/' });
    expect(status).toBe(502);
    expect(text).toContain('a status that is not valid in HTTP/2');
  });

  it('in the middle of a response is visible to the caller', async () => {
    const { port } = await startH2App((stream) => {
      stream.respond();
      stream.write('half');
      setImmediate(() => stream.session?.destroy());
    });
    await expect(fetch((await startProxy(`h2c://127.0.0.1:${port}`)).url).then((r) => r.text())).rejects.toThrow();
  });

  it('includes a refused WebSocket', async () => {
    const { port } = await startH2App(echoHeaders);
    const rig = await startProxy(`h2c://127.0.0.1:${port}`);
    const answer = await exchangeRaw(
      rig.port,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 502 /);
    expect(answer).toContain(`h2c://127.0.0.1:${port} uses HTTP/2, and WebSockets are only forwarded over HTTP/1.1.`);
  });
});
