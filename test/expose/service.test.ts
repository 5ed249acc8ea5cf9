import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExposeEvent, ReadyEvent } from '../../src/events.ts';
import type { ExposeOptions } from '../../src/expose/expose.ts';
import { nativeCounts } from '../../src/native/runtime.ts';
import { TLV } from '../../src/tailnet/net/proxy-header.ts';
import { readProxyHeader } from '../proxy/tcp/proxy-header.ts';
import { openPorts } from '../tailnet/open-ports.ts';
import { join, readAll } from '../tailnet/pair.ts';
import { useFronts } from './rig.ts';

const SERVICE = 'svc:web';
const NAME = 'web.sandbox.ts.net';

describe('a host of a Tailscale Service', () => {
  const front = useFronts();
  const admin = () => front.sandbox().admin;
  afterEach(() =>
    admin()
      .removeService(SERVICE)
      .catch(() => {}),
  );

  const headers = () => front.service((request, response) => response.end(JSON.stringify(request.headers)));
  const host = async (target: string | number, options: Partial<ExposeOptions> = {}) =>
    front.expose(target, { service: SERVICE, authKey: front.sandbox().authKey('tag:ci'), ...options });
  const visit = async (who: string, sent: Record<string, string> = {}, target = 'web:80') => {
    const { port } = await front.door(who, target);
    const outgoing = request({ host: '127.0.0.1', port, agent: false, headers: { host: NAME, ...sent } }).end();
    const [response] = await once(outgoing, 'response');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode as number, headers: response.headers, text };
  };
  /** A device of Bob's that asks the Service; where the answer never comes, that is `lost`. */
  const client = async () => {
    const bob = await join('bob', 'client');
    front.ends.push(() => bob.close({ timeout: 0 }));
    return async () => {
      const socket = await bob.dial({ host: 'web', port: 80 });
      const silence = setTimeout(() => socket.destroy(), 1000);
      socket.write('GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
      const answer = String(await readAll(socket).catch(() => ''));
      clearTimeout(silence);
      return answer === '' ? 'lost' : answer.slice(answer.indexOf('\r\n\r\n') + 4);
    };
  };
  const serving = (name: string) =>
    admin().until(({ services }) =>
      services.some(({ hosts }) => hosts.some(({ node, serving }) => node === name && serving)),
    );
  const waiting = (event: ExposeEvent) => event.event === 'state' && event.state === 'needs-approval';

  it('is told who is calling, by HTTP and by HTTPS, under the name of the Service', async () => {
    const { ips } = await admin().defineService(SERVICE, { ports: [80, 443], autoApprove: ['tag:ci'] });
    const exposure = await host(await headers());
    const urls = [`https://${NAME}`, `http://${NAME}`, 'http://web'];
    expect(exposure).toMatchObject({ name: 'app', fqdn: NAME, urls, ips });
    const ready = await front.event<ReadyEvent>(({ event }) => event === 'ready');
    expect(ready).toMatchObject({ name: 'app', fqdn: NAME, urls: urls.slice(1), ips, service: SERVICE });

    for (const [who, login, name] of [
      ['alice', 'alice@example.com', 'Alice Example'],
      ['bob', 'bob@example.com', 'Bob Example'],
    ] as const) {
      for (const { text } of [await visit(who), await front.getSecurely(who, '/', 'web:443', NAME)]) {
        expect(JSON.parse(text)).toMatchObject({
          'tailscale-user-login': login,
          'tailscale-user-name': name,
          'x-forwarded-host': NAME,
          'x-forwarded-for': expect.stringMatching(/^100\.64\./),
        });
      }
    }
    const tagged = Object.keys(JSON.parse((await visit('tag:ci')).text));
    expect(tagged.filter((field) => field.startsWith('tailscale-'))).toEqual([]);
  });

  it('hears nothing of what a visitor claims to be', async () => {
    await admin().defineService(SERVICE, { autoApprove: ['tag:ci'] });
    await host(await headers(), { https: 'off' });
    const { text } = await visit('bob', {
      'Tailscale-User-Login': 'root@example.com',
      Tailscale_User_Login: 'root@example.com',
      'X-Forwarded-For': '6.6.6.6',
      Connection: 'Tailscale-User-Login',
    });
    expect(JSON.parse(text)).toMatchObject({ 'tailscale-user-login': 'bob@example.com' });
    expect(text).not.toMatch(/root@|6\.6\.6\.6/);
  });

  it('keeps out whom its rules keep out', async () => {
    await admin().defineService(SERVICE, { autoApprove: ['tag:ci'] });
    await host(await headers(), { https: 'off', allow: ['alice@example.com'] });
    expect([(await visit('alice')).status, (await visit('bob')).status]).toEqual([200, 403]);
  });

  it('is not reached by the name of its node', async () => {
    await admin().defineService(SERVICE, { autoApprove: ['tag:ci'] });
    await host(await headers(), { https: 'off' });
    await expect(visit('bob', {}, 'app:80')).rejects.toThrow();
  });

  it.skipIf(process.platform !== 'linux')(
    'cannot be told by a process of this machine that it is somebody',
    async () => {
      await admin().defineService(SERVICE, { autoApprove: ['tag:ci'] });
      const target = await headers();
      const ports = [`80:${target}`, `5432:tcp://localhost:${target}`];
      const added = async (start: () => Promise<unknown>) => {
        const before = (await openPorts()).length;
        await start();
        return (await openPorts()).length - before;
      };
      // tsnet's own ListenService opens a port on loopback, where whoever connects says whose request it is.
      const plain = await added(() => front.expose(target, { ports, name: 'plain' }));
      expect(await added(() => host(target, { ports }))).toBe(plain);
      expect((await visit('bob')).status).toBe(200);
    },
  );

  it('believes no visitor who speaks the PROXY protocol', async () => {
    await admin().defineService(SERVICE, { autoApprove: ['tag:ci'] });
    await host(await headers(), { https: 'off' });
    const { port } = await front.door('bob', 'web:80');
    const socket = connect(port, '127.0.0.1');
    socket.end(`PROXY TCP4 100.64.0.1 100.64.0.2 1 80\r\nGET / HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`);
    expect(String(await readAll(socket))).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('carries bytes for TCP services, which are told who is calling and by which address', async () => {
    const { ips } = await admin().defineService(SERVICE, { ports: [5432], autoApprove: ['tag:ci'] });
    const port = await front.tcpService(async (socket) => socket.end(await readAll(socket)));
    const exposure = await host('', { ports: [`5432:${port}`], proxyProtocol: 2 });
    expect(exposure.urls).toEqual([`tcp://${NAME}:5432`]);
    await serving('app');
    const bob = await join('bob', 'client');
    front.ends.push(() => bob.close({ timeout: 0 }));
    const socket = await bob.dial({ host: 'web', port: 5432, allowHalfOpen: true });
    socket.end('the first byte');
    const { header, rest } = readProxyHeader(await readAll(socket));
    expect(header).toMatchObject({
      source: { ip: bob.ips[0], port: socket.localPort },
      destination: { ip: ips[0], port: 5432 },
    });
    expect(header.tlvs.get(TLV.login)).toBe('bob@example.com');
    expect(String(rest)).toBe('the first byte');
  });

  it('has a certificate for the name of the Service, and leads there', async () => {
    await admin().defineService(SERVICE, { ports: [80, 443], autoApprove: ['tag:ci'] });
    const { acme } = await admin().state();
    await host(await headers(), { https: 'only' });
    expect((await admin().state()).acme.issued.slice(acme.issued.length)).toEqual([NAME]);
    expect(await visit('bob')).toMatchObject({ status: 307, headers: { location: `https://${NAME}/` } });
    await expect(front.tlsSocket('bob', { target: 'web:443', servername: 'app.sandbox.ts.net' })).rejects.toThrow();
  });

  it('needs tags, and says so', async () => {
    await expect(host(await headers(), { authKey: front.sandbox().authKey('alice') })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_SERVICE',
      message: expect.stringContaining('Only tagged nodes can host Services'),
      suggestions: [expect.stringContaining('--tag tag:web')],
    });
  });

  it('waits for an admin, says for what, and goes on by itself', async () => {
    await admin().defineService(SERVICE, { ports: [80, 443] });
    const starting = host(await headers());
    expect(await front.event(waiting)).toMatchObject({
      message: 'approve this host of svc:web at https://login.tailscale.com/admin/services',
    });
    await admin().approveHost(SERVICE, 'app');
    expect((await starting).urls[0]).toBe(`https://${NAME}`);
    const states = front.events.flatMap((event) => (event.event === 'state' ? [event.state] : []));
    expect(states.slice(-2)).toEqual(['needs-approval', 'running']);
  });

  it('says what is missing of the Service as well', async () => {
    const starting = host(await headers(), { https: 'off', timeout: 0 });
    const says = (text: string) =>
      front.event((event) => waiting(event) && 'message' in event && !!event.message?.includes(text));
    await says('define it there first');
    await admin().defineService(SERVICE, { ports: [80, 8080], autoApprove: ['tag:ci'] });
    await says('port 8080, which this host does not offer');
    await admin().defineService(SERVICE, { ports: [80] });
    await starting;
  });

  it('does not wait longer than it is told to', async () => {
    await expect(host(await headers(), { timeout: 300 })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_APPROVAL_NEEDED',
      message: 'The node waited 0.3 s to be approved as a host of svc:web.',
      suggestions: [
        expect.stringMatching(/^Approve this host of svc:web at https:.*define it/),
        expect.stringContaining('--timeout 0'),
      ],
    });
    expect(await admin().node('app')).toBeUndefined();
  });

  it('says when an admin has taken the approval back, and when it is there again', async () => {
    await admin().defineService(SERVICE, { autoApprove: ['tag:ci'] });
    await host(await headers(), { https: 'off' });
    await admin().approveHost(SERVICE, 'app', false);
    await front.event(waiting);
    front.events.length = 0;
    await admin().approveHost(SERVICE, 'app');
    await front.event((event) => event.event === 'state' && event.state === 'running');
    expect((await visit('bob')).status).toBe(200);
  });

  it.each([
    [{ service: 'web' }, '--service svc:web'],
    [{ service: 'svc:My App' }, '--service svc:my-app'],
    [{ service: SERVICE, funnel: true }, '--funnel'],
  ])('is refused %j before anything starts', async (options, cure) => {
    await expect(host(3000, options)).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_INVALID_OPTION',
      suggestions: expect.arrayContaining([cure]),
    });
    expect(front.events).toEqual([]);
  });

  it('hands its visitors over to the other host when it closes, and refuses none', async () => {
    await admin().defineService(SERVICE, { ports: [80], autoApprove: ['tag:ci'] });
    const named = (name: string) => front.service((_, response) => response.end(name));
    const first = await host(await named('first'), { https: 'off', name: 'first' });
    await host(await named('second'), { https: 'off', name: 'second' });
    const ask = await client();
    expect(await ask()).toBe('first');

    const closing = first.close();
    const answers: string[] = [];
    while (answers.at(-1) !== 'second') answers.push(await ask().catch(({ code }) => code));
    await closing;
    // A connection that is open when the visitor's node learns of the other host is the one that can be lost.
    expect(answers.filter((answer) => answer === 'lost').length).toBeLessThan(2);
    expect(answers.filter((answer) => !['first', 'second', 'lost'].includes(answer))).toEqual([]);
    for (let i = 0; i < 5; i++) expect(await ask()).toBe('second');
    const { services, nodes } = await admin().state();
    expect(services[0]?.hosts.map(({ node }) => node)).toEqual(['second']);
    expect(nodes.some(({ name }) => name === 'first')).toBe(false);
  });

  it('still listens when the control server hears that it leaves', async () => {
    await admin().defineService(SERVICE, { ports: [80], autoApprove: ['tag:ci'] });
    const exposure = await host(await headers(), { https: 'off' });
    const closing = exposure.close();
    await admin().until(({ services }) => services[0]?.hosts[0]?.active === false);
    expect(nativeCounts().listeners).toBe(1);
    await closing;
    expect(nativeCounts().listeners).toBe(0);
  });

  it('is missed at once when its process is gone', async () => {
    await admin().defineService(SERVICE, { ports: [80], autoApprove: ['tag:ci'] });
    const named = (name: string) => front.service((_, response) => response.end(name));
    const first = await host(await named('first'), { https: 'off', name: 'first', ephemeral: false });
    await host(await named('second'), { https: 'off', name: 'second' });
    expect((await visit('bob')).text).toBe('first');
    await first.tailnet.close({ timeout: 0 });
    await serving('second');
    expect((await visit('bob')).text).toBe('second');
  });
});
