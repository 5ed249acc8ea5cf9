import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FunnelAuth } from '../../../src/access/funnel-auth.ts';
import type { Identity } from '../../../src/identity/identity.ts';
import { alice, funnelCaller, stranger } from '../../identity/callers.ts';
import { startApp, startRawApp } from '../rig.ts';
import { ask, openSession, startSecureProxy } from '../tcp/tls-rig.ts';

describe('a caller by HTTP/2 who is denied access', () => {
  it('gets a 403, or a 503 without an identity, and the app gets nothing', async () => {
    let connections = 0;
    const app = await startRawApp(() => {
      connections++;
    });
    const denied = await startSecureProxy(app, { gate: { deny: ['alice@example.com'] } });
    const page = await ask(openSession(denied.port), { ':path': '/', ':method': 'POST' }, 'body');
    expect(page).toMatchObject({ status: 403, text: expect.stringContaining('--deny alice@example.com') });
    const strict = await startSecureProxy(app, { caller: stranger, gate: { requireIdentity: true } });
    expect(await ask(openSession(strict.port), { ':path': '/' })).toMatchObject({ status: 503 });
    expect(connections).toBe(0);
  });
});

describe('a caller by HTTP/2 who changes', () => {
  it('loses its response in progress', async () => {
    const { port } = await startApp((_, response) => void response.write('first'));
    const identify = (socket: object) => (socket as { identity?: Identity }).identity ?? alice;
    const rig = await startSecureProxy(port, { identify });
    const session = openSession(rig.port);
    const stream = session.request({ ':path': '/', ':authority': 'app.test' }).on('error', () => {});
    await once(stream, 'data');
    const closed = once(session, 'close');
    const bob = { ...alice, login: 'bob@example.com', userId: '7' };
    for (const socket of rig.sockets) Object.assign(socket, { identity: bob }).emit('identity', bob);
    await closed;
  });
});

describe('a defect by HTTP/2', () => {
  it('ends one request and is reported, and the connection goes on', async () => {
    const { port } = await startApp((_, response) => response.end('in'));
    const callers = [undefined as unknown as Identity, alice];
    const warnings: unknown[] = [];
    const rig = await startSecureProxy(port, {
      identify: () => callers.shift()!,
      onWarning: (warning) => warnings.push(warning),
    });
    const session = openSession(rig.port);
    await expect(ask(session, { ':path': '/' })).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect(warnings).toEqual([expect.objectContaining({ code: 'ERR_TSEXPOSE_INTERNAL' })]);
    expect((await ask(session, { ':path': '/' })).text).toBe('in');
  });
});

describe('a password for the internet', () => {
  it('is required by HTTP/2 too, in one header that the app does not see', async () => {
    const { port } = await startApp((request, response) => response.end(request.headers.authorization ?? 'none'));
    const funnelAuth = new FunnelAuth('guest:secret');
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const rig = await startSecureProxy(port, { caller: funnelCaller, funnelAuth });
    const session = openSession(rig.port);
    expect(await ask(session, { ':path': '/' })).toMatchObject({ status: 401 });
    expect(await ask(session, { ':path': '/', authorization: basic('guest:wrong') })).toMatchObject({ status: 401 });
    const right = { ':path': '/', authorization: basic('guest:secret') };
    expect(await ask(session, right)).toMatchObject({ status: 200, text: 'none' });
    const known = await startSecureProxy(port, { caller: alice, funnelAuth });
    expect(await ask(openSession(known.port), { ':path': '/', authorization: 'Bearer x' })).toMatchObject({
      text: 'Bearer x',
    });
  });
});

describe('an HTTP/2 connection', () => {
  it('announces its limits', async () => {
    const session = openSession((await startSecureProxy(1)).port);
    const [settings] = await once(session, 'remoteSettings');
    expect(settings).toMatchObject({ maxConcurrentStreams: 128, initialWindowSize: 256 * 1024, enablePush: false });
  });
});
