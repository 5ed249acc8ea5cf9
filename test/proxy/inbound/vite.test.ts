import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { ProxyWarning } from '../../../src/proxy/proxy.ts';
import { OwnHosts } from '../../../src/proxy/request/own-hosts.ts';
import { exchangeRaw, type RigOptions, startProxy } from '../rig.ts';

const HOST = 'myapp.tail1234.ts.net';
const OWN = [`http://${HOST}`, 'http://myapp'];

/** A real Vite dev server on a project of one page and one module. */
async function startVite() {
  const root = await mkdtemp(join(tmpdir(), 'tsexpose-vite-'));
  await writeFile(join(root, 'index.html'), '<script type="module" src="/main.js"></script>');
  await writeFile(join(root, 'main.js'), 'export const answer = 41;\nimport.meta.hot.accept();\n');
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'silent',
    cacheDir: join(root, '.vite'),
    server: { port: 0, host: '127.0.0.1', watch: { usePolling: true, interval: 20 } },
  });
  await server.listen();
  onTestFinished(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });
  return { root, port: (server.httpServer!.address() as AddressInfo).port };
}

const get = (port: number, path: string, host = HOST) =>
  exchangeRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html,*/*\r\nConnection: close\r\n\r\n`);

/** A WebSocket with the Host and Origin that a browser on the tailnet would send. */
function openHmr(port: number, token: string, origin: string): WebSocket {
  return new WebSocket(`ws://${HOST}/?token=${token}`, 'vite-hmr', {
    origin,
    createConnection: () => net.connect(port, '127.0.0.1'),
  });
}

describe("Vite's dev server", () => {
  const rewrite: RigOptions = { hostHeader: 'rewrite', own: new OwnHosts(['*'], { origins: OWN }) };

  it('refuses a host of the tailnet without the rewrite', async () => {
    const { port } = await startVite();
    const proxy = await startProxy(`127.0.0.1:${port}`);
    expect(await get(proxy.port, '/')).toMatch(/^HTTP\/1\.1 403 [\s\S]*Blocked request/);
  });

  it('serves pages, modules and hot updates with --host-header rewrite', async () => {
    const { root, port } = await startVite();
    const proxy = await startProxy(`127.0.0.1:${port}`, rewrite);
    expect(await get(proxy.port, '/')).toMatch(/^HTTP\/1\.1 200 [\s\S]*\/@vite\/client/);
    expect(await get(proxy.port, '/main.js')).toContain('answer = 41');
    const client = await get(proxy.port, '/@vite/client');
    const token = /wsToken = "([^"]+)"/.exec(client)![1]!;
    const socket = openHmr(proxy.port, token, `http://${HOST}`);
    onTestFinished(() => socket.terminate());
    expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({ type: 'connected' });
    const update = once(socket, 'message');
    await writeFile(join(root, 'main.js'), 'export const answer = 42;\nimport.meta.hot.accept();\n');
    expect(JSON.parse(String((await update)[0]))).toMatchObject({ type: 'update', updates: [{ path: '/main.js' }] });
    expect(await get(proxy.port, '/main.js')).toContain('answer = 42');
  });

  it('gets its own host once it has refused ours, and one warning says so', async () => {
    const { port } = await startVite();
    const warnings: ProxyWarning[] = [];
    const own = new OwnHosts([], { names: [HOST] });
    let changes = 0;
    const proxy = await startProxy(`127.0.0.1:${port}`, {
      ...{ hostHeader: 'auto', own },
      onWarning: (warning) => warnings.push(warning),
      onHostChange: () => changes++,
    });
    expect(await get(proxy.port, '/')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await get(proxy.port, '/')).toMatch(/^HTTP\/1\.1 200 /);
    expect(warnings).toEqual([
      {
        code: 'HOST_REFUSED',
        message: `Vite refused a request for ${HOST}, a host that it does not know. It gets Host: 127.0.0.1:${port} from now on, so reload the page.`,
        suggestions: ['--host-header rewrite', 'Or keep the host, and allow it: server.allowedHosts in vite.config'],
      },
    ]);
    expect(changes).toBe(1);
    expect(await get(proxy.port, '/', 'evil.example')).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('keeps ours if the user says so, and one warning has the cure', async () => {
    const { port } = await startVite();
    const warnings: ProxyWarning[] = [];
    const own = new OwnHosts([], { names: [HOST] });
    const onWarning = (warning: ProxyWarning) => warnings.push(warning);
    const proxy = await startProxy(`127.0.0.1:${port}`, { hostHeader: 'preserve', own, onWarning });
    for (const _ of [1, 2]) expect(await get(proxy.port, '/')).toMatch(/^HTTP\/1\.1 403 /);
    expect(warnings.map(({ message }) => message)).toEqual([
      `Vite refused a request for ${HOST}, a host that it does not know.`,
    ]);
    expect(warnings[0]!.suggestions[0]).toBe('--host-header rewrite');
  });

  it('keeps its defense against DNS rebinding', async () => {
    const { port } = await startVite();
    const proxy = await startProxy(`127.0.0.1:${port}`, rewrite);
    expect(await get(proxy.port, '/', 'evil.example')).toMatch(/^HTTP\/1\.1 403 /);
  });
});
