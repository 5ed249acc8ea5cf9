import { getEventListeners, once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import axios from 'axios';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, readAll, useSandbox } from '../pair.ts';

describe('a client over the tailnet', () => {
  const sandbox = useSandbox();
  let alice: Tailnet;
  let bob: Tailnet;
  const urls = { http: '', https: '' };

  beforeAll(async () => {
    [alice, bob] = await Promise.all([join('alice', 'server'), join('bob', 'client')]);
    const echo: http.RequestListener = async (req, res) => {
      const body = await readAll(req);
      res.setHeader('x-caller', `${req.tailscale?.login}`).end(`${req.method} ${req.headers.host} ${body}`);
    };
    const plain = alice.createServer(echo).listen(80);
    const secure = alice.createSecureServer(echo).listen(443);
    new WebSocketServer({ server: plain }).on('connection', (socket, req) => socket.send(`${req.tailscale?.login}`));
    await Promise.all([once(plain, 'listening'), once(secure, 'listening')]);
    urls.http = `http://${alice.fqdn}/`;
    urls.https = `https://${alice.fqdn}/`;
  });
  afterAll(() => Promise.all([alice.close({ timeout: 0 }), bob.close({ timeout: 0 })]));

  it('is fetch', async () => {
    const { fetch } = bob;
    const response = await fetch('http://server/', { method: 'POST', body: 'hello' });
    expect(response.headers.get('x-caller')).toBe('bob@example.com');
    expect(await response.text()).toBe('POST server hello');
    expect(await (await fetch(`http://[${alice.ips[1]}]/`)).text()).toBe(`GET [${alice.ips[1]}] `);
  });

  it('is fetch over TLS, where the process trusts the certificate', async () => {
    // Node reads its own list of authorities only.
    await expect(bob.fetch(urls.https)).rejects.toMatchObject({ cause: { code: /SELF_SIGNED|UNABLE_TO_/ } });
  });

  it('is an undici dispatcher, for plain and secure URLs', async () => {
    const { request, fetch } = await import('undici');
    const dispatcher = bob.dispatcher({ connect: { ca: sandbox().ca } });
    for (const url of [urls.http, urls.https]) {
      const { statusCode, headers } = await request(url, { dispatcher });
      expect([statusCode, headers['x-caller']]).toEqual([200, 'bob@example.com']);
      expect(await (await fetch(url, { dispatcher })).text()).toBe(`GET ${alice.fqdn} `);
    }
    await dispatcher.close();
  });

  it('is an undici dispatcher that speaks HTTP/2', async () => {
    const { request } = await import('undici');
    const server = alice.createSecureServer({ http2: true }, (req, res) => res.end(req.httpVersion)).listen(8443);
    await once(server, 'listening');
    const dispatcher = bob.dispatcher({ allowH2: true, connect: { ca: sandbox().ca } });
    const { body } = await request(`https://${alice.fqdn}:8443`, { dispatcher });
    expect(await body.text()).toBe('2.0');
    await dispatcher.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gives up a connection that does not come about in time', async () => {
    const { fetch } = await import('undici');
    const dispatcher = bob.dispatcher({ connectTimeout: 200 });
    const code = () => fetch('http://server:81', { dispatcher }).catch((error) => error.cause.code);
    expect(await code()).toBe('ECONNREFUSED');
    await sandbox().admin.deny([{ src: 'bob', dst: 'alice' }]);
    await expect.poll(code).toBe('UND_ERR_CONNECT_TIMEOUT');
    await sandbox().admin.deny([]);
    await expect.poll(code).toBe('ECONNREFUSED');
  });

  it('is an agent for http and https', async () => {
    const get = async (lib: typeof http | typeof https, url: string, agent: http.Agent, options = {}) => {
      const [response] = (await once(lib.get(url, { agent, ...options }), 'response')) as [http.IncomingMessage];
      return `${response.headers['x-caller']} ${await readAll(response)}`;
    };
    expect(await get(http, urls.http, bob.agent())).toBe(`bob@example.com GET ${alice.fqdn} `);
    const agent = bob.secureAgent({ ca: sandbox().ca });
    for (let i = 0; i < 2; i++) expect(await get(https, urls.https, agent)).toBe(`bob@example.com GET ${alice.fqdn} `);
  });

  it('keeps connections of an agent alive', async () => {
    const agent = bob.agent();
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 3; i++) {
      const request = http.get('http://server/', { agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      ports.add((response.socket.address() as net.AddressInfo).port);
      await readAll(response);
    }
    expect(ports.size).toBe(1);
  });

  it('is axios with an agent', async () => {
    const options = {
      httpAgent: bob.agent(),
      httpsAgent: bob.secureAgent({ ca: sandbox().ca }),
      proxy: false as const,
    };
    for (const url of [urls.http, urls.https]) {
      const { data, headers } = await axios.post(url, 'hello', options);
      expect([data, headers['x-caller']]).toEqual([`POST ${alice.fqdn} hello`, 'bob@example.com']);
    }
  });

  it('is a ws client with an agent', async () => {
    const socket = new WebSocket('ws://server/', { agent: bob.agent() });
    expect(`${(await once(socket, 'message'))[0]}`).toBe('bob@example.com');
    socket.close();
    await once(socket, 'close');
  });

  it('fails with the codes of Node', async () => {
    await expect(bob.fetch('http://server:82/')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await expect(bob.fetch('http://nobody/')).rejects.toMatchObject({ cause: { code: 'ENOTFOUND' } });
  });

  it('does not hold up its node when that closes', async () => {
    const node = await join('carol', 'short-lived');
    const agent = node.agent();
    await (await node.fetch('http://server/')).text();
    await axios.get('http://server/', { httpAgent: agent, proxy: false });
    // Longer than this test may take.
    await node.close({ timeout: 600_000 });
  });

  it.each(['agent', 'secureAgent'] as const)('gives up a connection of %s by its signal', async (kind) => {
    const agent = bob[kind]();
    const controller = new AbortController();
    const port = kind === 'agent' ? 80 : 443;
    const options = { host: 'server', port, ca: sandbox().ca, signal: controller.signal };
    const connection = agent.createConnection(options as http.ClientRequestArgs)!;
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    expect(await once(connection, 'error').catch((error) => [error])).toMatchObject([{ name: 'AbortError' }]);
    const aborted = agent.createConnection({ ...options, signal: AbortSignal.abort() } as http.ClientRequestArgs)!;
    expect(await once(aborted, 'error').catch((error) => [error])).toMatchObject([{ name: 'AbortError' }]);
    agent.destroy();
  });

  it('is an agent whose createConnection takes a port and a host, as Node’s does', async () => {
    const agent = bob.agent();
    const create = agent.createConnection as (...args: unknown[]) => net.Socket;
    const connected = new Promise<net.Socket>((resolve) => {
      const socket = create.call(agent, 80, 'server', () => resolve(socket));
    });
    const socket = await connected;
    expect([socket.remoteAddress, socket.remotePort]).toEqual([alice.ips[0], 80]);
    socket.destroy();
  });
});
