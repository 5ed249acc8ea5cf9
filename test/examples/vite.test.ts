import { once } from 'node:events';
import { utimesSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { sharedSandbox } from '../sandbox/sandbox.ts';
import { Example } from './example.ts';

const SOURCE = join(import.meta.dirname, '../../examples/vite/greeting.js');

/** Sends a GET with a Host header of its own, as a browser at that name would; fetch cannot set Host. */
async function getAs(host: string, url: string): Promise<string> {
  const [response] = (await once(http.get(url, { headers: { host } }), 'response')) as [http.IncomingMessage];
  return (await response.setEncoding('utf8').toArray()).join('');
}

describe('examples/vite', () => {
  const sandbox = sharedSandbox();

  it('serves the app under its tailnet name and sends hot updates', async () => {
    await using example = new Example(sandbox(), 'vite/server.js');
    await example.until('http://vite-example.sandbox.ts.net');
    const door = await sandbox().door('bob', 'vite-example:80');
    const get = (path: string) => getAs('vite-example.sandbox.ts.net', `${door.url}${path}`);
    const client = await get('/@vite/client');
    expect(client).toContain('vite');
    expect(JSON.parse(await get('/me'))).toMatchObject({ login: 'bob@example.com' });
    expect(await get('/')).toContain('/main.js');
    await get('/main.js');
    await get('/greeting.js');

    const token = /const wsToken = "([^"]+)"/.exec(client)?.[1];
    const socket = new WebSocket(`${door.url}/?token=${token}`, 'vite-hmr', {
      headers: { host: 'vite-example.sandbox.ts.net' },
    });
    expect(JSON.parse(`${(await once(socket, 'message'))[0]}`)).toEqual({ type: 'connected' });
    const update = once(socket, 'message');
    utimesSync(SOURCE, new Date(), new Date()); // as saving the file does
    expect(`${(await update)[0]}`).toMatch(/full-reload|update/);
    socket.close();
    await door.close();
    expect(await example.interrupt()).toBe(0);
  });
});
