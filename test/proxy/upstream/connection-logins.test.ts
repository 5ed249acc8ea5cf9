import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { alice, jose } from '../../identity/callers.ts';
import { deferred, startApp, startProxy } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

type Login = Socket & { user?: string };

/** An app that logs connections in, as IIS does with NTLM: it says who has logged in on the connection. */
async function startLoginApp(scheme = 'NTLM') {
  const sockets = new Set<Login>();
  const { port, server } = await startApp((incoming, response) => {
    const socket = incoming.socket as Login;
    sockets.add(socket);
    const [, user] = new RegExp(`^${scheme} (.+)$`, 'i').exec(incoming.headers.authorization ?? '') ?? [];
    if (user) socket.user = user;
    if (!socket.user) response.writeHead(401, { 'WWW-Authenticate': ['Basic realm="x"', scheme] });
    response.end(socket.user ?? 'nobody');
  });
  return { port, server, sockets };
}

/** A caller's connection that stays open; returns the body of each response. */
function openConnection(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const get = async (authorization?: string): Promise<string> => {
    const headers = authorization === undefined ? {} : { authorization };
    const outgoing = request({ host: '127.0.0.1', port, agent, headers }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return text;
  };
  return { get, close: () => agent.destroy() };
}

describe('an app that logs in connections', () => {
  it.each(['NTLM', 'Negotiate', 'Kerberos', 'nego2', 'CredSSP'])('serves no caller as another (%s)', async (scheme) => {
    const app = await startLoginApp(scheme);
    const proxy = await startProxy(app.port);
    const one = openConnection(proxy.port);
    const other = openConnection(proxy.port);
    expect(await one.get(`${scheme} alice`)).toBe('alice');
    expect(await other.get()).toBe('nobody');
    expect(await openConnection(proxy.port).get()).toBe('nobody');
  });

  it('keeps a caller logged in for as long as the caller’s connection is open', async () => {
    const app = await startLoginApp();
    const proxy = await startProxy(app.port);
    const one = openConnection(proxy.port);
    expect(await one.get()).toBe('nobody');
    expect(await one.get('NTLM alice')).toBe('alice');
    expect(await one.get()).toBe('alice');
    const [loggedIn] = [...app.sockets].filter(({ user }) => user === 'alice');
    const closed = once(loggedIn!, 'close');
    one.close();
    await closed;
  });

  it('gives every caller’s connection its own after the first challenge, whatever the caller then sends', async () => {
    const { port } = await startApp((incoming, response) => {
      const socket = incoming.socket as Login;
      socket.user ??= incoming.headers.authorization;
      if (!socket.user) response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x", Negotiate' });
      response.end(socket.user ?? 'nobody');
    });
    const proxy = await startProxy(port);
    const one = openConnection(proxy.port);
    expect(await one.get()).toBe('nobody');
    expect(await one.get('Custom alice')).toBe('Custom alice');
    expect(await openConnection(proxy.port).get()).toBe('nobody');
    expect(await one.get()).toBe('Custom alice');
  });

  it('does not take a connection’s next caller for the one before', async () => {
    const app = await startLoginApp();
    let caller = alice;
    const proxy = await startProxy(app.port, { identify: () => caller });
    const one = openConnection(proxy.port);
    expect(await one.get('NTLM alice')).toBe('alice');
    caller = jose;
    expect(await one.get()).toBe('nobody');
  });

  it('serves no caller as another by HTTP/2', async () => {
    const app = await startLoginApp();
    const proxy = await startSecureProxy(app.port);
    const one = openSession(proxy.port);
    expect(await ask(one, { ':path': '/', authorization: 'NTLM alice' })).toMatchObject({ text: 'alice' });
    expect(await ask(openSession(proxy.port), { ':path': '/' })).toMatchObject({ text: 'nobody' });
    expect(await ask(one, { ':path': '/' })).toMatchObject({ text: 'alice' });
    const [loggedIn] = [...app.sockets].filter(({ user }) => user === 'alice');
    const closed = once(loggedIn!, 'close');
    one.destroy();
    await closed;
  });

  it('opens WebSockets on the connection that has logged in', async () => {
    const app = await startLoginApp();
    const opened = deferred<string | undefined>();
    const sockets = new WebSocketServer({ noServer: true });
    app.server.on('upgrade', (incoming, socket: Login, head) => {
      opened.resolve(socket.user);
      sockets.handleUpgrade(incoming, socket, head, (client) => client.close());
    });
    const proxy = await startProxy(app.port);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const outgoing = request({
      host: '127.0.0.1',
      port: proxy.port,
      agent,
      headers: { authorization: 'NTLM alice' },
    }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'close');
    const client = new WebSocket(`ws://127.0.0.1:${proxy.port}`, { agent });
    await once(client, 'close');
    expect(await opened.promise).toBe('alice');
  });

  it('leaves no connection behind when the proxy closes', async () => {
    const app = await startLoginApp();
    const proxy = await startProxy(app.port);
    await openConnection(proxy.port).get('NTLM alice');
    const [loggedIn] = app.sockets;
    const closed = once(loggedIn!, 'close');
    await proxy.proxy.close({ timeout: 0 });
    await closed;
  });
});
