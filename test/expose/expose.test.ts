import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExposeEvent } from '../../src/events.ts';
import { type ExposeOptions, type Exposure, expose } from '../../src/expose/expose.ts';
import { nativeCounts } from '../../src/native/runtime.ts';
import { freePort } from '../free-port.ts';
import { uncaughtAt } from '../native/uncaught.ts';
import { useSandbox } from '../tailnet/pair.ts';

describe('an exposure', () => {
  const sandbox = useSandbox();
  const events: ExposeEvent[] = [];
  const open: (Exposure | Server)[] = [];

  const exposed = async (target: string, options: Partial<ExposeOptions> = {}) => {
    const { controlUrl } = sandbox();
    const authKey = sandbox().authKey('alice');
    const onEvent = (event: ExposeEvent) => events.push(event);
    const exposure = await expose({ target, name: 'app', controlUrl, authKey, ephemeral: true, onEvent, ...options });
    open.push(exposure);
    return exposure;
  };
  const service = async (port = 0, answer = 'hello') => {
    const server = createServer((_request, response) => response.end(answer)).listen(port, '127.0.0.1');
    await once(server, 'listening');
    open.push(server);
    return (server.address() as AddressInfo).port;
  };
  const visit = async (who: string, target = 'app:80') => {
    const door = await sandbox().door(who, target);
    const response = await fetch(door.url);
    const text = await response.text();
    await door.close();
    return { status: response.status, text };
  };

  afterEach(async () => {
    events.length = 0;
    for (const thing of open.splice(0)) {
      if ('closeAllConnections' in thing) thing.close().closeAllConnections();
      else await thing.close({ timeout: 0 });
    }
  });

  it('answers on the tailnet under its name and says where it is', async () => {
    const port = await service();
    const exposure = await exposed(String(port));
    expect(exposure).toMatchObject({
      name: 'app',
      fqdn: `app.${sandbox().suffix}`,
      target: `http://localhost:${port}`,
    });
    const plain = [`http://${exposure.fqdn}`, 'http://app'];
    await expect.poll(() => exposure.urls, { timeout: 10_000 }).toEqual([`https://${exposure.fqdn}`, ...plain]);
    expect(events).toContainEqual(expect.objectContaining({ event: 'ready', name: 'app', ips: exposure.ips }));
    expect(await visit('bob')).toEqual({ status: 200, text: 'hello' });
  });

  it('reports every request with its caller', async () => {
    await exposed(String(await service()));
    await visit('bob');
    const request = () => events.find(({ event }) => event === 'request');
    await expect.poll(request, { timeout: 10_000 }).toMatchObject({
      method: 'GET',
      path: '/',
      status: 200,
      bytes: 5,
      caller: { kind: 'user', who: 'bob@example.com' },
    });
  });

  it('starts although nothing listens yet, says so, and recovers when the service appears', async () => {
    const port = await freePort();
    await exposed(String(port));
    expect(events).toContainEqual(expect.objectContaining({ event: 'warning', code: 'TARGET_UNREACHABLE' }));
    const refused = await visit('bob');
    expect(refused.status).toBe(502);
    expect(refused.text).toContain(String(port));
    await service(port, 'there now');
    expect(await visit('bob')).toEqual({ status: 200, text: 'there now' });
  });

  it('rewrites Host and Origin for its own names only, from the first request on', async () => {
    const server = createServer(({ headers }, response) => response.end(`${headers.host} ${headers.origin}`));
    open.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { fqdn } = await exposed(String(port), { hosts: ['*'], hostHeader: 'rewrite', https: 'off' });
    await using door = await sandbox().door('bob', 'app:80');
    const seen = async (host: string) => {
      const [response] = await once(get(door.url, { headers: { host, origin: `http://${host}` } }), 'response');
      return (await response.setEncoding('utf8').toArray()).join('');
    };
    expect(await seen('evil.example')).toBe('evil.example http://evil.example');
    expect(await seen(fqdn)).toBe(`localhost:${port} http://localhost:${port}`);
  });

  it('says when the tailnet assigned another name, and fails with one that was required', async () => {
    const port = String(await service());
    await exposed(port);
    const second = await exposed(port);
    expect(second.name).toBe('app-1');
    expect(events).toContainEqual(expect.objectContaining({ event: 'warning', code: 'NAME_TAKEN' }));
    await expect(exposed(port, { requireName: true })).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_NAME_TAKEN' });
  });

  it('lets a running request end before it leaves', async () => {
    let respond = () => {};
    const arrived = new Promise<void>((resolve) => {
      const server = createServer((_request, response) => {
        respond = () => response.end('late');
        resolve();
      }).listen(0, '127.0.0.1');
      open.push(server);
    });
    await once(open[0] as Server, 'listening');
    const exposure = await exposed(String(((open[0] as Server).address() as AddressInfo).port));
    const answer = visit('bob');
    await arrived;
    const closed = exposure.close({ timeout: 10_000 });
    respond();
    expect(await answer).toEqual({ status: 200, text: 'late' });
    await closed;
  });

  it('leaves nothing behind: no handle, no node on the tailnet', async () => {
    const exposure = await exposed(String(await service()));
    await visit('bob');
    await exposure.close();
    await exposure.closed;
    expect(nativeCounts()).toMatchObject({ nodes: 0, listeners: 0, connections: 0, requests: 0 });
    expect(await sandbox().admin.node('app')).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ event: 'closed' });
  });

  it('ends with its node, whoever closes that', async () => {
    const exposure = await exposed(String(await service()));
    await visit('bob');
    await exposure.tailnet.close({ timeout: 0 });
    await exposure.closed;
    await expect.poll(() => events.at(-1)).toEqual({ event: 'closed', reason: 'closed' });
    await exposure.close();
    expect(events.filter(({ event }) => event === 'closed')).toHaveLength(1);
  });

  it('gives up when its signal fires, however far it has come', async () => {
    const moments: ((event: ExposeEvent) => boolean)[] = [
      ({ event }) => event === 'state',
      (event) => event.event === 'state' && event.state === 'running',
      (event) => event.event === 'certificate' && event.state === 'ready',
      (event) => event.event === 'warning' && event.code === 'TARGET_UNREACHABLE',
    ];
    for (const isMoment of moments) {
      const controller = new AbortController();
      const onEvent = (event: ExposeEvent) => isMoment(event) && controller.abort();
      const options = { https: 'only', onEvent, signal: controller.signal } as const;
      await expect(exposed('1', options)).rejects.toMatchObject({ name: 'AbortError' });
      expect(nativeCounts()).toMatchObject({ nodes: 0, listeners: 0, connections: 0, requests: 0 });
    }
  });

  it('does not fail because onEvent throws', async () => {
    const onEvent = ({ event }: ExposeEvent) => {
      if (event === 'ready') throw new Error('mine');
    };
    const target = String(await service());
    expect(await uncaughtAt(() => exposed(target, { onEvent }))).toEqual(['mine', 'uncaughtException']);
    expect(await visit('bob')).toEqual({ status: 200, text: 'hello' });
  });

  it('refuses options of the wrong kind before anything starts, with everything that is wrong', async () => {
    await expect(expose(undefined as never)).rejects.toThrow(
      'target must be a string, got undefined.\nname must be a string, got undefined.',
    );
    const wrong = { https: 'maybe', ports: '80', onEvent: 3, proxyProtocol: 3, allow: [1] };
    await expect(expose({ target: '3000', name: 'app', ...wrong } as never)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_USAGE',
      message: [
        'onEvent must be a function, got 3.',
        '--https must be "auto", "only" or "off", got "maybe".',
        'ports must be a list of strings, got "80".',
        '--proxy-protocol must be 1 or 2, got 3.',
        'allow must be a list of strings, got [1].',
      ].join('\n'),
    });
    await expect(expose({ target: '3000', name: 'app', hostheader: 'rewrite' } as never)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_INVALID_OPTION',
      message: 'Unknown option: hostheader. Did you mean hostHeader?',
    });
  });

  it('closes its node when it cannot start', async () => {
    await expect(exposed('not-a-target')).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_INVALID_TARGET' });
    await expect(exposed('3000', { authKey: 'tskey-auth-nobody' })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_AUTH_KEY',
    });
    expect(nativeCounts().nodes).toBe(0);
  });
});
