import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred, readAll, startApp, startProxy, startRawApp } from './rig.ts';

const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe('closing the proxy', () => {
  it('lets responses in progress finish, tells the caller, and ends idle connections and tunnels', async () => {
    const asked = deferred<() => void>();
    const { port, server } = await startApp((_, response) => asked.resolve(() => response.end('finished')));
    server.on('upgrade', (_, socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    const { proxy, port: door } = await startProxy(port);
    const idle = net.connect(door, '127.0.0.1');
    const tunnel = net.connect(door, '127.0.0.1');
    tunnel.write(UPGRADE);
    await once(tunnel, 'data');
    const busy = net.connect(door, '127.0.0.1');
    busy.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await asked.promise;
    const [idleEnd, tunnelEnd, busyEnd] = [readAll(idle), readAll(tunnel), readAll(busy)];
    const closed = proxy.close({ timeout: 60_000 });
    expect(proxy.close()).toBe(closed);
    await idleEnd;
    const late = net.connect(door, '127.0.0.1').on('error', () => {});
    expect(await readAll(late)).toBe('');
    answer();
    expect(await busyEnd).toMatch(/Connection: close[\s\S]*finished$/);
    await tunnelEnd;
    await closed;
  });

  it('cuts off responses that take longer than the timeout', async () => {
    const asked = deferred<void>();
    const app = await startRawApp((socket) => socket.once('data', () => asked.resolve()));
    const { proxy, port } = await startProxy(app);
    const busy = net.connect(port, '127.0.0.1').on('error', () => {});
    busy.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await asked.promise;
    const cut = readAll(busy);
    await proxy.close({ timeout: 50 });
    expect(await cut).toBe('');
  });

  it('returns at once if nothing is in progress', async () => {
    const { proxy } = await startProxy(1);
    await proxy.close({ timeout: 60_000 });
  });
});
