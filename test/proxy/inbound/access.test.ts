import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import type { GateOptions } from '../../../src/access/gate.ts';
import type { RequestEvent } from '../../../src/events.ts';
import type { Identity } from '../../../src/identity/identity.ts';
import { alice, ci, funnelCaller, stranger } from '../../identity/callers.ts';
import { deferred, exchangeRaw, startApp, startProxy, startRawApp } from '../rig.ts';

describe('a caller who is denied access', () => {
  it('gets a 403 that names the rule, and the app gets nothing', async () => {
    let connections = 0;
    const app = await startRawApp(() => {
      connections++;
    });
    const events: RequestEvent[] = [];
    const { url, port } = await startProxy(app, {
      gate: { allow: ['tag:ci', 'bob@example.com'] },
      onRequest: (event) => events.push(event),
    });
    const page = await fetch(`${url}/secret`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(403);
    expect(await page.text()).toContain('Access denied: --allow does not include alice@example.com.');
    const upgrade =
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n';
    expect(await exchangeRaw(port, upgrade)).toMatch(/^HTTP\/1\.1 403 /);
    const upload =
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n';
    const refused = await exchangeRaw(port, upload);
    expect(refused).toMatch(/^HTTP\/1\.1 403 /);
    expect(connections).toBe(0);
    expect(events.map(({ method, path, status, caller }) => [method, path, status, caller.who])).toEqual([
      ['GET', '/secret', 403, 'alice@example.com'],
      ['GET', '/', 403, 'alice@example.com'],
      ['POST', '/', 403, 'alice@example.com'],
    ]);
  });

  it('cannot write markup into the page', async () => {
    const caller = { ...alice, login: '<script>"&\'@example.com' };
    const { url } = await startProxy(1, { caller, gate: { allow: ['tag:ci'] } });
    const html = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
    expect(html).toContain('--allow does not include &lt;script&gt;&quot;&amp;&#39;@example.com.');
    expect(html).not.toContain('<script');
  });

  it.each([
    ['a device', ci, '--allow does not include the device ci-runner (tag:ci, tag:prod).'],
    ['a caller through Funnel', funnelCaller, 'this app is not open to callers from the internet.'],
    ['an unknown caller', stranger, 'this app is not open to unidentified callers.'],
  ])('gets an explanation: %s', async (_, caller, text) => {
    const { url } = await startProxy(1, { caller, gate: { allow: ['alice@example.com'] } });
    const page = await fetch(url);
    expect(page.status).toBe(403);
    expect(await page.text()).toContain(text);
  });

  it('does not learn the names of others from outside the tailnet', async () => {
    for (const caller of [funnelCaller, stranger]) {
      const { url } = await startProxy(1, { caller, gate: { allow: ['alice@example.com'] } });
      expect(await (await fetch(url)).text()).not.toMatch(/alice|--allow/);
    }
  });

  it('gets a 503 if an identity is required and there is none', async () => {
    let connections = 0;
    const app = await startRawApp(() => {
      connections++;
    });
    const gate = { requireIdentity: true };
    for (const identify of [
      () => stranger,
      () => {
        throw new Error('whois failed');
      },
    ]) {
      const { url } = await startProxy(app, { gate, identify });
      const page = await fetch(url);
      expect(page.status).toBe(503);
      expect(page.headers.get('retry-after')).toBe('3');
    }
    expect(connections).toBe(0);
    const { port } = await startApp((_, response) => response.end('in'));
    const { url } = await startProxy(port, { gate, caller: alice });
    expect(await (await fetch(url)).text()).toBe('in');
  });
});

describe('an unknown caller', () => {
  it('reaches the app without an identity, also if whois fails', async () => {
    const { port } = await startApp((request, response) => response.end(request.rawHeaders.join()));
    for (const identify of [
      () => stranger,
      () => {
        throw new Error('whois failed');
      },
    ]) {
      const { url } = await startProxy(port, { identify });
      expect(await (await fetch(url, { headers: { 'tailscale-user-login': 'root' } })).text()).not.toMatch(
        /tailscale/i,
      );
    }
  });
});

/** A proxy whose callers' identities change as they do on the tailnet. */
async function startWithChanges(app: number, gate: GateOptions = {}) {
  const callers: (net.Socket & { identity?: Identity })[] = [];
  const identify = (socket: net.Socket & { identity?: Identity }) => {
    if (!callers.includes(socket)) callers.push(socket);
    return socket.identity ?? alice;
  };
  const change = (identity: Identity) => {
    for (const socket of callers) Object.assign(socket, { identity }).emit('identity', identity);
  };
  return { ...(await startProxy(app, { gate, identify })), change };
}

describe('a caller who changes', () => {
  const bob = { ...alice, login: 'bob@example.com', userId: '7' };
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

  it.each([
    ['is another user', bob, {}],
    ['is on another device', { ...alice, node: { ...alice.node!, id: 'nOtherCNTRL' } }, {}],
    ['is not known any more', stranger, {}],
    ['may not come in any more', { ...alice, capabilities: {} }, { allow: ['cap:example.com/cap/app'] }],
  ])('loses its WebSocket and its response in progress if it %s', async (_, identity, gate) => {
    const { port, server } = await startApp((_, response) => void response.write('first'));
    server.on('upgrade', (_, socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    const proxy = await startWithChanges(port, gate);
    const ends = await Promise.all(
      [upgrade, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'].map(async (request) => {
        const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
        socket.write(request);
        await once(socket, 'data');
        return { closed: once(socket.resume(), 'close') };
      }),
    );
    proxy.change(identity);
    await Promise.all(ends.map(({ closed }) => closed));
  });

  it('keeps them if only the name or the picture changes', async () => {
    const step = deferred<void>();
    const { port } = await startApp(async (_, response) => {
      response.write('first');
      await step.promise;
      response.end(' and last');
    });
    const proxy = await startWithChanges(port);
    const answer = await fetch(proxy.url);
    proxy.change({ ...alice, name: 'Alice Renamed', picture: '' });
    step.resolve();
    expect(await answer.text()).toBe('first and last');
  });
});

describe('a defect', () => {
  it('ends one connection and is reported, and the proxy goes on', async () => {
    const { port } = await startApp((_, response) => response.end('in'));
    const callers = [undefined as unknown as Identity, alice];
    const warnings: unknown[] = [];
    const { url, port: door } = await startProxy(port, {
      identify: () => callers.shift()!,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(await exchangeRaw(door, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
    expect(warnings).toEqual([expect.objectContaining({ code: 'ERR_TSEXPOSE_INTERNAL' })]);
    expect(await (await fetch(url)).text()).toBe('in');
  });
});

describe('an identity', () => {
  it('is looked up at every request, so a change shows on an open connection', async () => {
    const { port } = await startApp((request, response) =>
      response.end(String(request.headers['tailscale-user-login'])),
    );
    const people = [alice, { ...alice, login: 'bob@example.com' }, stranger];
    const { port: door } = await startProxy(port, { identify: () => people.shift()! });
    const answer = await exchangeRaw(
      door,
      'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/alice@example.com|bob@example.com|undefined/g)).toEqual([
      'alice@example.com',
      'bob@example.com',
      'undefined',
    ]);
  });
});
