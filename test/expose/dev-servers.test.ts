import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { useFronts } from './rig.ts';

describe('a development server whose pages open their WebSocket at its own port', () => {
  const front = useFronts();

  async function start(): Promise<number> {
    const child = fork(join(import.meta.dirname, 'fixtures/webpack-dev-server.mjs'));
    front.ends.push(() => child.kill());
    return (await once(child, 'message'))[0];
  }

  /** Opens a WebSocket as Bob, and returns the first message. */
  async function hear(port: number, options: { tls?: boolean; host?: string } = {}): Promise<unknown> {
    const { tls = false, host = 'app.sandbox.ts.net' } = options;
    const door = await front.sandbox().door('bob', `app:${port}`, { tls });
    front.ends.push(() => door.close());
    const headers = { host: `${host}:${port}` };
    const origin = `${tls ? 'https' : 'http'}://${host}`;
    const socket = new WebSocket(`ws://127.0.0.1:${door.port}`, { headers, origin });
    front.ends.push(() => socket.terminate());
    const [message] = await once(socket, 'message');
    return JSON.parse(String(message));
  }

  it('has it there, with and without TLS, as the same caller', async () => {
    const port = await start();
    const exposure = await front.expose(`${port}`);
    const own = `localhost:${port}`;
    const seen = { host: own, origin: `http://${own}`, login: 'bob@example.com' };
    expect(await hear(port)).toEqual(seen);
    expect(await hear(port, { tls: true })).toEqual(seen);
    expect(await hear(port, { host: exposure.ips[0]! })).toEqual(seen);
    // It is an address of pages only, not of the app.
    expect(exposure.urls.join()).not.toContain(`:${port}`);
  });

  it('asks the same rules', async () => {
    const port = await start();
    await front.expose(`${port}`, { deny: ['bob@example.com'] });
    await expect(hear(port)).rejects.toThrow('403');
    await expect(hear(port, { tls: true })).rejects.toThrow('403');
  });

  it.each([
    ['its host is preserved', { hostHeader: 'preserve' }],
    ['everything uses TLS', { https: 'only' }],
    ['the port is taken', {}],
  ] as const)('has no such port if %s', async (what, options) => {
    const port = await start();
    const other = await front.tcpService((socket) => socket.end('other'));
    const ports = what === 'the port is taken' ? { ports: ['80', `${port}:tcp://127.0.0.1:${other}`] } : {};
    await front.expose(`${port}`, { ...options, ...ports });
    await expect(hear(port)).rejects.toThrow();
  });
});
