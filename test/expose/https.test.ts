import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ExposeEvent } from '../../src/events.ts';
import { ask } from '../proxy/tcp/tls-rig.ts';
import { useFronts } from './rig.ts';

describe('HTTPS', () => {
  const front = useFronts();
  const hello = () =>
    front.service((request, response) =>
      response.end(`${request.headers['x-forwarded-proto'] ?? 'http'} ${request.headers['tailscale-user-login']}`),
    );

  it('does not keep the app waiting: HTTP is announced at once, and HTTPS when its certificate is there', async () => {
    const exposure = await front.start(await hello());
    const plain = [`http://${exposure.fqdn}`, 'http://app'];
    expect(exposure.urls).toEqual(plain);
    expect(await (await fetch((await front.door('bob', 'app:80')).url)).text()).toBe('http bob@example.com');
    await front.event(({ event }) => event === 'addresses');
    const told = front.events.filter((event) => event.event === 'ready' || event.event === 'addresses');
    expect(told).toEqual([
      expect.objectContaining({ event: 'ready', urls: plain }),
      { event: 'addresses', urls: [`https://${exposure.fqdn}`, ...plain] },
    ]);
    expect(exposure.urls).toEqual([`https://${exposure.fqdn}`, ...plain]);
    expect(await front.getSecurely('bob')).toMatchObject({ status: 200, text: 'https bob@example.com' });
  });

  it('is announced with the app where nothing else is', async () => {
    const exposure = await front.start(await hello(), { https: 'only' });
    expect(exposure.urls).toEqual([`https://${exposure.fqdn}`]);
    expect(front.events.some(({ event }) => event === 'addresses')).toBe(false);
  });

  it('says why there is no certificate, in a warning after the app is ready', async () => {
    await front.sandbox().admin.acme({ running: false });
    const exposure = await front.start(await hello(), { name: 'uncertain' });
    const warning = await front.event((event) => event.event === 'warning' && event.code === 'CERTIFICATE');
    expect(warning).toMatchObject({ message: expect.stringContaining(`certificate for ${exposure.fqdn}: `) });
    expect(warning).toMatchObject({ message: expect.stringContaining('It is available over HTTP') });
    const order = front.events.map(({ event }) => event).filter((event) => ['ready', 'warning'].includes(event));
    expect(order).toEqual(['ready', 'warning']);
    expect(exposure.urls).toEqual([`http://${exposure.fqdn}`, 'http://uncertain']);
  });

  it('is before HTTP in the list, with a certificate for the full name', async () => {
    const { orders } = (await front.sandbox().admin.state()).acme;
    const exposure = await front.expose(await hello());
    expect(exposure.urls).toEqual([`https://${exposure.fqdn}`, `http://${exposure.fqdn}`, 'http://app']);
    expect(await front.getSecurely('bob')).toMatchObject({ status: 200, text: 'https bob@example.com' });
    const plain = await fetch((await front.door('bob', 'app:80')).url);
    expect(await plain.text()).toBe('http bob@example.com');
    expect(front.events).toContainEqual(
      expect.objectContaining({ event: 'certificate', state: 'ready', domain: exposure.fqdn }),
    );
    expect((await front.sandbox().admin.state()).acme.orders).toBe(orders + 1);
  });

  it('redirects plain HTTP at its ports, with the path and to their own name', async () => {
    const exposure = await front.expose(await hello(), { ports: ['80', '443', '8443'] });
    for (const [port, origin] of [
      ['443', `https://${exposure.fqdn}`],
      ['8443', `https://${exposure.fqdn}:8443`],
    ]) {
      const door = await front.door('bob', `app:${port}`);
      const { status, headers } = await fetch(`http://127.0.0.1:${door.port}/x?y=z`, { redirect: 'manual' });
      expect([status, headers.get('location')]).toEqual([307, `${origin}/x?y=z`]);
    }
    expect(await front.getSecurely('bob')).toMatchObject({ status: 200, text: 'https bob@example.com' });
  });

  it('is nothing to warn of where the end comes before it', async () => {
    const controller = new AbortController();
    const events: ExposeEvent[] = [];
    const onEvent = (event: ExposeEvent) => {
      events.push(event);
      if (event.event === 'certificate') controller.abort();
    };
    const options = { https: 'only', onEvent, signal: controller.signal } as const;
    await expect(front.expose(await hello(), options)).rejects.toThrow('aborted');
    // Nor where the app is closed while the certificate is on its way.
    const exposure = await front.start(await hello(), { onEvent });
    await exposure.close({ timeout: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(events.filter(({ event }) => event === 'warning')).toEqual([]);
  });

  it('speaks HTTP/2 and HTTP/1.1, to curl and to Node alike', async () => {
    await front.expose(await hello());
    const session = await front.h2Session('carol');
    expect(await ask(session, { ':authority': 'app.sandbox.ts.net', ':path': '/' })).toMatchObject({
      text: 'https carol@example.com',
    });
    const { port } = await front.door('bob', 'app:443');
    for (const version of ['--http2', '--http1.1']) {
      const args = ['-sS', version, '--cacert', front.sandbox().caFile, '-w', ' %{http_version}'];
      const url = `https://app.sandbox.ts.net:${port}/`;
      const { stdout } = await promisify(execFile)('curl', [
        ...args,
        '--resolve',
        `app.sandbox.ts.net:${port}:127.0.0.1`,
        url,
      ]);
      expect(stdout).toBe(`https bob@example.com ${version === '--http2' ? '2' : '1.1'}`);
    }
  });

  it('as the only way in, leads visitors of port 80 there by the full name, whatever they call it', async () => {
    const exposure = await front.expose(await hello(), { https: 'only' });
    expect(exposure.urls).toEqual([`https://${exposure.fqdn}`]);
    const { url } = await front.door('bob', 'app:80');
    for (const host of ['app', exposure.fqdn, 'evil.example.com']) {
      const response = await promisify(execFile)('curl', ['-sSi', '-H', `Host: ${host}`, `${url}//x/y?z`]);
      expect(response.stdout).toMatch(/^HTTP\/1.1 307 /);
      expect(response.stdout).toContain(`Location: https://${exposure.fqdn}//x/y?z\r\n`);
    }
    expect(await front.getSecurely('bob')).toMatchObject({ status: 200 });
  });

  it('can be left off', async () => {
    const orders = async () => (await front.sandbox().admin.state()).acme.orders;
    const before = await orders();
    const exposure = await front.expose(await hello(), { https: 'off' });
    expect(exposure.urls).toEqual([`http://${exposure.fqdn}`, 'http://app']);
    expect(await orders()).toBe(before);
  });

  it('answers its own names and visitors that send none, and no other; the authority hears of none of them', async () => {
    await front.expose(await hello());
    const { orders } = (await front.sandbox().admin.state()).acme;
    for (const servername of ['app.sandbox.ts.net', 'app', '']) {
      const socket = await front.tlsSocket('bob', { servername });
      expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:app.sandbox.ts.net');
    }
    await expect(front.tlsSocket('bob', { servername: 'other.sandbox.ts.net' })).rejects.toThrow();
    expect((await front.sandbox().admin.state()).acme.orders).toBe(orders);
  });

  it('goes on by HTTP where the tailnet has no HTTPS, says so in one sentence, and comes when it is switched on', async () => {
    await front.sandbox().admin.settings({ https: false });
    const exposure = await front.expose(await hello(), { name: 'late' });
    expect(exposure.urls).toEqual([`http://${exposure.fqdn}`, 'http://late']);
    const warning = front.events.find((event) => event.event === 'warning' && event.code === 'CERTIFICATE');
    expect(warning).toMatchObject({
      message: expect.stringMatching(/not enabled/),
      suggestions: [expect.stringContaining('https://login.tailscale.com/admin/dns'), expect.anything()],
    });
    expect(await (await fetch((await front.door('bob', 'late:80')).url)).text()).toBe('http bob@example.com');
    await front.sandbox().admin.settings({ https: true });
    await front.event((event) => event.event === 'addresses' && event.urls[0] === `https://${exposure.fqdn}`);
    expect(await front.getSecurely('bob', '/', 'late:443', exposure.fqdn)).toMatchObject({ status: 200 });
    expect(front.events.filter(({ event }) => event === 'addresses')).toHaveLength(1);
  });

  it('keeps the certificate of an ephemeral node in a directory of the user’s', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'certificates-'));
    front.ends.push(() => rm(directory, { recursive: true }));
    const options = { name: 'preview', certCache: join(directory, 'cache') };
    const first = await front.expose(await hello(), options);
    await first.close();
    const { orders } = (await front.sandbox().admin.state()).acme;
    const again = await front.start(await hello(), options);
    expect(again.urls, 'announced at once, because there is a certificate').toEqual(first.urls);
    expect(await front.getSecurely('bob', '/', 'preview:443', first.fqdn)).toMatchObject({ status: 200 });
    expect((await front.sandbox().admin.state()).acme.orders).toBe(orders);
    const [file] = await readdir(options.certCache);
    expect((await stat(join(options.certCache, file!))).mode & 0o777).toBe(0o600);
  });

  it('is an error when nothing else may be used and the tailnet has no HTTPS', async () => {
    await front.sandbox().admin.settings({ https: false });
    await expect(front.expose(await hello(), { name: 'only', https: 'only' })).rejects.toMatchObject({
      code: 'ERR_TSEXPOSE_CERTIFICATE',
      message: 'HTTPS is not enabled on this tailnet.',
    });
    expect(front.events.some(({ event }) => event === 'ready')).toBe(false);
    expect(await front.sandbox().admin.node('only')).toBeUndefined();
  });

  it('prints addresses before names while MagicDNS is off, because no name resolves', async () => {
    await front.sandbox().admin.settings({ magicDNS: false });
    const exposure = await front.expose(await hello(), { name: 'nameless' });
    const [v4, v6] = exposure.ips;
    const names = [`http://${exposure.fqdn}`, 'http://nameless'];
    expect(exposure.urls).toEqual([`http://${v4}`, `http://[${v6}]`, ...names]);
    await front.sandbox().admin.settings({ magicDNS: true, https: false });
    await front.event((event) => event.event === 'addresses' && event.urls[0] === names[0]);
    expect(exposure.urls).toEqual(names);
  });
});
