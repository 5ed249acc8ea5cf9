import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { beforeEach, describe, expect, it } from 'vitest';
import { exchangeRaw, readAll } from '../proxy/rig.ts';
import { ask } from '../proxy/tcp/tls-rig.ts';
import { useFronts } from './rig.ts';

const FULL = 'app.sandbox.ts.net';
const FOREIGN = [
  'evil.example',
  'app.evil.example',
  'app.sandbox.ts.net.evil.example',
  'sandbox.ts.net',
  '6.6.6.6',
  'x',
];
const LOOPBACK = ['localhost', 'LOCALHOST:3000', 'a.b.localhost', '127.0.0.1:80', '127.9.9.9', '[::1]', '[0:0::1]:81'];

/** Sends a GET as bytes, and returns the status and the body. */
async function statusOf(port: number, host: string, more = ''): Promise<[number, string]> {
  const answer = await exchangeRaw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);
  return [Number(answer.slice(9, 12)), answer.slice(answer.indexOf('\r\n\r\n') + 4)];
}

describe('a request for a foreign host', () => {
  const front = useFronts();
  let asked: (string | undefined)[] = [];
  const app = () =>
    front.service(({ headers }, response) => {
      asked.push(headers.host);
      response.end('secret');
    });

  beforeEach(() => {
    asked = [];
  });

  it('gets a page that names the flag, and never reaches the app', async () => {
    await front.expose(await app(), { allow: ['bob@example.com'], routes: ['/api=text:api'] });
    for (const who of ['bob', 'alice']) {
      const { port } = await front.door(who, 'app:80');
      for (const host of FOREIGN) {
        const [status, page] = await statusOf(port, host);
        expect([host, status]).toEqual([host, 421]);
        expect(page).toContain(`--host ${host}`);
        // The page that rebinds its name can read this one.
        expect(page.replaceAll(host, '')).not.toMatch(/secret|sandbox|alice|bob|--allow/);
      }
    }
    expect(asked).toEqual([]);
  });

  it('is one by HTTPS, by HTTP/2, and as an upgrade too, whatever the name in TLS', async () => {
    await front.expose(await app());
    const session: ClientHttp2Session = await front.h2Session('bob');
    for (const host of FOREIGN) {
      expect(await ask(session, { ':authority': host, ':path': '/' })).toMatchObject({ status: 421 });
      const socket = await front.tlsSocket('bob');
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 421 /);
      const { port } = await front.door('bob', 'app:80');
      const [status] = await statusOf(
        port,
        host,
        'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\n',
      );
      expect(status).toBe(421);
    }
    // A name in TLS that is ours goes with any Host that is.
    for (const host of ['app', 'APP.', FULL, `${FULL}.`, `${FULL}:443`]) {
      expect(await ask(session, { ':authority': host, ':path': '/' })).toMatchObject({ status: 200, text: 'secret' });
    }
    expect(asked).toHaveLength(5);
  });

  it('is none of those for our names and addresses, and for those of the loopback interface', async () => {
    const { ips } = await front.expose(await app(), { https: 'off' });
    const { port } = await front.door('bob', 'app:80');
    const addresses = ips.map((ip) => (ip.includes(':') ? `[${ip.toUpperCase()}]:8080` : ip));
    expect(addresses).toHaveLength(2);
    for (const host of ['app', 'App.', FULL, `${FULL}.:80`, ...addresses, ...LOOPBACK]) {
      expect([host, (await statusOf(port, host))[0]]).toEqual([host, 200]);
    }
    // No page can make a browser send this.
    expect(await exchangeRaw(port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('follows the name of the node', async () => {
    const { tailnet, ips } = await front.expose(await app(), { https: 'off', name: 'before' });
    const { port } = await front.door('bob', `${ips[0]}:80`);
    const changed = once(tailnet, 'change');
    await front.sandbox().admin.rename('before', 'after');
    await changed;
    expect((await statusOf(port, 'after'))[0]).toBe(200);
    expect((await statusOf(port, 'before'))[0]).toBe(421);
  });

  it('is not foreign with --host', async () => {
    await front.expose(await app(), { hosts: ['App.Example.com', 'bücher.example', '192.0.2.1', 'fd00::1'] });
    const { port } = await front.door('bob', 'app:80');
    for (const host of [
      'app.example.com:80',
      'APP.example.com.',
      'xn--bcher-kva.example',
      '192.0.2.1',
      '[fd00:0::1]',
    ]) {
      expect([host, (await statusOf(port, host))[0]]).toEqual([host, 200]);
    }
    for (const host of ['example.com', 'x.app.example.com', '192.0.2.2']) {
      expect((await statusOf(port, host))[0]).toBe(421);
    }
    expect(front.events.filter(({ event }) => event === 'warning')).toEqual([]);
  });

  it('is not foreign with --host "*", which warns', async () => {
    await front.expose(await app(), { hosts: ['*'], https: 'off' });
    const { port } = await front.door('bob', 'app:80');
    expect((await statusOf(port, 'evil.example'))[0]).toBe(200);
    expect(front.events).toContainEqual(expect.objectContaining({ event: 'warning', code: 'ANY_HOST' }));
  });
});
