import { once } from 'node:events';
import http2 from 'node:http2';
import { get } from 'node:https';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { ask } from '../proxy/tcp/tls-rig.ts';
import { useFronts } from './rig.ts';

describe('a service on the internet', () => {
  const front = useFronts();
  const headers = () => front.service((request, response) => response.end(JSON.stringify(request.headers)));
  const visit = async (
    options: { auth?: string; visitor?: string; headers?: Record<string, string>; name?: string } = {},
  ) => {
    const { visitor = '203.0.113.7', auth, name = 'app' } = options;
    const funnel = await front.sandbox().funnel(`${name}:443`, { visitor });
    front.ends.push(() => funnel.close());
    const host = `${name}.sandbox.ts.net`;
    const request = get({
      host: '127.0.0.1',
      port: funnel.port,
      servername: host,
      ca: front.sandbox().ca,
      agent: false,
      auth,
      headers: { host, ...options.headers },
    });
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode as number, headers: response.headers, text };
  };

  it('is told that a visitor comes from there, and never who it would be on the tailnet', async () => {
    const { fqdn } = await front.expose(await headers(), { funnel: true });
    expect(front.events).toContainEqual(expect.objectContaining({ event: 'addresses', public: [`https://${fqdn}`] }));
    const { status, text } = await visit({
      headers: { 'Tailscale-User-Login': 'root@example.com', 'X-Forwarded-For': '6.6.6.6' },
    });
    expect(status).toBe(200);
    const seen = JSON.parse(text) as Record<string, string>;
    expect(seen).toMatchObject({
      'tailscale-funnel-request': '?1',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
    });
    expect(Object.keys(seen).filter((name) => name.startsWith('tailscale-'))).toEqual(['tailscale-funnel-request']);
    const caller = await front.getSecurely('bob');
    expect(JSON.parse(caller.text)).toMatchObject({ 'tailscale-user-login': 'bob@example.com' });
    expect(JSON.parse(caller.text)).not.toHaveProperty('tailscale-funnel-request');
  });

  it('may ask visitors for a password, which it never sees; callers of the tailnet are not asked', async () => {
    await front.expose(await headers(), { funnel: true, funnelAuth: 'guest:secret:with colon' });
    const asked = await visit();
    expect(asked).toMatchObject({ status: 401, headers: { 'www-authenticate': expect.stringMatching(/^Basic /) } });
    expect(await visit({ auth: 'guest:wrong' })).toMatchObject({ status: 401 });
    const let_in = await visit({ auth: 'guest:secret:with colon' });
    expect(let_in.status).toBe(200);
    expect(JSON.parse(let_in.text)).not.toHaveProperty('authorization');
    expect((await front.getSecurely('bob')).status).toBe(200);
  });

  it('is told and guarded the same by HTTP/2, and gRPC gets a status', async () => {
    await front.expose(await headers(), { funnel: true, funnelAuth: 'guest:secret' });
    const funnel = await front.sandbox().funnel('app:443', { visitor: '203.0.113.9' });
    front.ends.push(() => funnel.close());
    const servername = 'app.sandbox.ts.net';
    const ca = front.sandbox().ca;
    const socket = connect({ host: '127.0.0.1', port: funnel.port, servername, ca, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    const session = http2.connect(`https://${servername}`, { createConnection: () => socket });
    front.ends.push(() => session.destroy());
    const from = (fields: http2.OutgoingHttpHeaders) =>
      ask(session, { ':path': '/', ':authority': servername, 'tailscale-user-login': 'root@example.com', ...fields });
    expect((await from({})).status).toBe(401);
    const authorization = `Basic ${Buffer.from('guest:secret').toString('base64')}`;
    const seen = JSON.parse((await from({ authorization })).text) as Record<string, string>;
    expect(seen).toMatchObject({ 'tailscale-funnel-request': '?1', 'x-forwarded-for': '203.0.113.9' });
    expect(Object.keys(seen).filter((name) => /^(tailscale-user|authorization)/.test(name))).toEqual([]);
    expect((await from({ 'content-type': 'application/grpc' })).headers).toMatchObject({ 'grpc-status': '16' });
  });

  it('limits wrong passwords from an address, where the right one still passes', async () => {
    await front.expose(await headers(), { funnel: true, funnelAuth: 'guest:secret' });
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await visit({ auth: `guest:${i}` })).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await visit({ auth: 'guest:secret' })).status).toBe(200);
    expect((await visit({ auth: 'guest:secret', visitor: '203.0.113.8' })).status).toBe(200);
  });

  it('is closed to the internet where a rule names who may come in', async () => {
    await front.expose(await headers(), { funnel: true, allow: ['bob@example.com'] });
    expect((await visit()).status).toBe(403);
    expect((await front.getSecurely('bob')).status).toBe(200);
  });

  it('that the tailnet does not let out is there for the tailnet, and one sentence says what is missing', async () => {
    await front.sandbox().admin.settings({ funnel: false });
    const exposure = await front.expose(await headers(), { funnel: true, ephemeral: true });
    expect(exposure.urls[0]).toBe(`https://${exposure.fqdn}`);
    expect(front.events.find((event) => event.event === 'ready')).not.toHaveProperty('public');
    expect(front.events.filter((event) => event.event === 'warning')).toEqual([
      {
        event: 'warning',
        code: 'ERR_TSEXPOSE_FUNNEL',
        message: expect.stringMatching(
          /^The app is on the tailnet only: [^\n]*"funnel" node attribute not set[^\n]*\.$/,
        ),
        suggestions: [expect.stringContaining('https://login.tailscale.com/admin/acls/file'), 'Leave out --funnel.'],
      },
    ]);
    expect((await front.getSecurely('bob')).status).toBe(200);
    await expect(visit()).rejects.toThrow();
  });

  it('gets its next certificate while it is public, and claims no challenge that it cannot answer', async () => {
    await front.sandbox().admin.acme({ lifetime: 20 });
    await front.expose(await headers(), { funnel: true, name: 'public' });
    const challenge = { target: 'public:443', servername: 'public.sandbox.ts.net', alpn: ['acme-tls/1'] };
    await expect(front.tlsSocket('bob', challenge)).rejects.toThrow(/no application protocol/i);
    await front.event((event) => event.event === 'certificate' && event.state === 'renewed');
    expect((await visit({ name: 'public' })).status).toBe(200);
  }, 60_000);

  it('is not on the internet unless asked', async () => {
    await front.expose(await headers());
    await expect(visit()).rejects.toThrow();
  });
});
