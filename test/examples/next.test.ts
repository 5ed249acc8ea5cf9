import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Exposure, expose } from '../../src/expose/expose.ts';
import { isLeftOut } from '../requirement.ts';
import { useSandbox } from '../tailnet/pair.ts';
import { Example } from './example.ts';

const PROJECT = join(import.meta.dirname, '../../examples/next');
const NEXT = join(PROJECT, 'node_modules/next/dist/bin/next');
const INSTALL = 'npm install --prefix examples/next --no-package-lock --ignore-scripts';
const ENV = { NEXT_TELEMETRY_DISABLED: '1' };

// Next.js takes 340 MB, too much for every `npm ci`. .ci/run installs it.
const noNext = isLeftOut('Next.js', existsSync(NEXT), INSTALL);

/** Sends a GET with a Host header of its own, as a browser at that name would; fetch cannot set Host. */
async function getAs(host: string, url: string, headers: Record<string, string> = {}) {
  const [response] = await once(http.get(url, { headers: { host, ...headers } }), 'response');
  return { status: response.statusCode, text: (await response.setEncoding('utf8').toArray()).join('') };
}

// In one file, because Next.js refuses to run a second dev server in the same project.
describe.skipIf(noNext)('Next.js', { timeout: 120_000 }, () => {
  const sandbox = useSandbox();

  it('renders pages that know who is calling, in the example', async () => {
    await using example = new Example(sandbox(), 'next/server.js', ENV);
    await example.until('http://next-example.sandbox.ts.net');
    await using door = await sandbox().door('bob', 'next-example:80');
    expect(await (await fetch(door.url)).text()).toContain('Bob Example');
    expect(await example.interrupt()).toBe(0);
  });

  describe('with its own dev server', () => {
    const HOST = 'dev.sandbox.ts.net';
    const OURS = { origin: `http://${HOST}` };
    // Its rejection of a WebSocket is not valid HTTP.
    const REFUSED = 'Unexpected server response: 502';
    const open: Exposure[] = [];
    let server: ChildProcess;
    let target = '';
    afterEach(async () => {
      await Promise.all(open.splice(0).map((exposure) => exposure.close({ timeout: 0 })));
    });
    beforeAll(async () => {
      server = spawn(process.execPath, [NEXT, 'dev', PROJECT, '-H', '127.0.0.1', '-p', '0'], {
        env: { ...process.env, ...ENV },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      for await (const line of createInterface({ input: server.stdout! })) {
        target ||= /Local:\s+(http:\S+)/.exec(line)?.[1] ?? '';
        if (line.includes('Ready')) break;
      }
      server.stdout!.resume();
    });
    afterAll(async () => {
      server.kill('SIGTERM');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    });

    async function exposed(hostHeader: string) {
      const { controlUrl } = sandbox();
      const authKey = sandbox().authKey('alice');
      open.push(await expose({ target, name: 'dev', hostHeader, ephemeral: true, controlUrl, authKey }));
      return sandbox().door('bob', 'dev:80');
    }
    const chunkOf = (page: string) => /src="(\/_next\/static\/[^"]+)"/.exec(page)![1];

    /** Opens the hot-update WebSocket as a page of that origin; resolves to the message that confirms the connection. */
    async function connectHmr(url: string, origin: string): Promise<unknown> {
      const socket = new WebSocket(`${url}/_next/hmr`, { headers: { host: HOST }, origin });
      try {
        const messages = on(socket, 'message', { close: ['close'] });
        for await (const [data] of messages) {
          const { type } = JSON.parse(`${data}`);
          if (type === 'turbopack-connected') return type;
        }
        return 'closed';
      } catch (error) {
        return (error as Error).message;
      } finally {
        socket.terminate();
      }
    }

    it('serves its page, its scripts, and hot updates with --host-header rewrite', async () => {
      await using door = await exposed('rewrite');
      const page = await getAs(HOST, door.url);
      expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Hello') });
      expect(await getAs(HOST, `${door.url}${chunkOf(page.text)}`, OURS)).toMatchObject({ status: 200 });
      expect(await connectHmr(door.url, OURS.origin)).toBe('turbopack-connected');
    });

    it('still rejects pages of other sites', async () => {
      await using door = await exposed('rewrite');
      expect(await connectHmr(door.url, 'http://evil.example')).toBe(REFUSED);
    });

    it('rejects its own scripts and updates without the rewrite', async () => {
      await using door = await exposed('preserve');
      const page = await getAs(HOST, door.url);
      expect(page.status).toBe(200);
      expect(await getAs(HOST, `${door.url}${chunkOf(page.text)}`, OURS)).toMatchObject({ status: 403 });
      expect(await connectHmr(door.url, OURS.origin)).toBe(REFUSED);
    });
  });
});
