/** The TLS of an exposure, which ends outside JavaScript. */
import { once } from 'node:events';
import net from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { useFronts } from './rig.ts';

const HOST = 'app.sandbox.ts.net';

describe('the TLS of an exposure', () => {
  const front = useFronts();

  async function open(session?: Buffer): Promise<TLSSocket> {
    const { port } = await front.door('bob', 'app:443');
    const socket = connect({
      ...{ host: '127.0.0.1', port, servername: HOST, ca: front.sandbox().ca },
      ...(session && { session }),
    });
    front.ends.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  }

  async function ask(socket: TLSSocket): Promise<string> {
    socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const [bytes] = await once(socket, 'data');
    return bytes.toString();
  }

  it('lets callers resume a session', async () => {
    await front.expose(await front.service((_, response) => response.end('hello')));
    const first = await open();
    const session = once(first, 'session');
    expect(await ask(first)).toMatch(/^HTTP\/1\.1 200 /);
    const [ticket] = await session;
    const second = await open(ticket);
    expect(second.isSessionReused()).toBe(true);
    expect(await ask(second)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('says who is calling, and that the caller uses TLS', async () => {
    await front.expose(
      await front.service(({ headers }, response) => {
        response.end(`${headers['tailscale-user-login']} ${headers['x-forwarded-proto']}`);
      }),
    );
    expect(await ask(await open())).toContain('bob@example.com https');
  });

  it('carries no bytes of a caller that does not finish the handshake', async () => {
    await front.expose(await front.service((_, response) => response.end('hello')));
    const { port } = await front.door('bob', 'app:443');
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    front.ends.push(() => socket.destroy());
    // The first byte of a handshake, and then something else.
    socket.write('\x16GET / HTTP/1.1\r\nHost: app\r\n\r\n');
    let bytes = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      bytes += chunk;
    });
    await once(socket, 'close');
    expect(bytes).not.toContain('HTTP/1.1');
  });

  it.each([
    ['a request', {}, 443],
    ['TCP', { ports: ['6380'], tlsTerminatedTcp: true }, 6380],
  ])('ends a handshake that takes too long, before %s', async (_, options, tailnetPort) => {
    const target = await front.tcpService((socket) => socket.end());
    await front.expose(`${tailnetPort === 443 ? 'http' : 'tcp'}://127.0.0.1:${target}`, options);
    const { port } = await front.door('bob', `app:${tailnetPort}`);
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    front.ends.push(() => socket.destroy());
    await once(socket.resume(), 'close'); // after ten seconds
  });
});
