import { once } from 'node:events';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exchangeRaw, startApp, startProxy } from '../rig.ts';
import { ask } from '../tcp/tls-rig.ts';
import { echoHeaders, startH2App } from '../upstream/h2-server.ts';

describe('callers of an HTTP/2 app without TLS', () => {
  it('may use HTTP/2 without TLS with prior knowledge', async () => {
    const { port } = await startH2App(echoHeaders);
    const rig = await startProxy(`h2c://127.0.0.1:${port}`);
    const session = http2.connect(rig.url);
    onTestFinished(() => session.destroy());
    for (let i = 0; i < 2; i++) {
      const { text } = await ask(session, { ':path': '/', 'tailscale-user-login': 'root@example.com' });
      expect(JSON.parse(text)).toMatchObject({ 'tailscale-user-login': 'alice@example.com', ':authority': 'app.test' });
      expect(JSON.parse(text)).not.toHaveProperty('x-forwarded-proto');
    }
  });

  it('are told apart by the first bytes, however few come at a time', async () => {
    const { port } = await startH2App(echoHeaders);
    const rig = await startProxy(`h2c://127.0.0.1:${port}`);
    const begin = async (text: string) => {
      const socket = connect(rig.port, '127.0.0.1').setNoDelay();
      onTestFinished(() => void socket.destroy());
      const answer = once(
        socket.on('error', () => {}),
        'data',
      );
      for (const byte of text) {
        socket.write(byte);
        await new Promise(setImmediate);
      }
      return (await answer)[0] as Buffer;
    };
    const settings = await begin('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    // The type of a frame is behind its length.
    expect(settings[3]).toBe(4);
    expect(String(await begin('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))).toMatch(/^HTTP\/1.1 200 /);
    expect(String(await begin('PRIOR / HTTP/1.1\r\nHost: a\r\n\r\n'))).toMatch(/^HTTP\/1.1 400 /);
  });

  it('are not waited for longer than for any request', async () => {
    const { port } = await startH2App(echoHeaders);
    const rig = await startProxy(`h2c://127.0.0.1:${port}`, { timeouts: { head: 50 } });
    const socket = connect(rig.port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket.resume(), 'close');
  });

  it('may not use it for other apps', async () => {
    const { port } = await startApp((_request, response) => response.end('HTTP/1.1'));
    const answer = await exchangeRaw((await startProxy(port)).port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 (400|505) /);
  });
});
