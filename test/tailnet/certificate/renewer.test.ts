import { once } from 'node:events';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { CertificateEvent, ExposeEvent } from '../../../src/events.ts';
import { CertificateRenewer, type CertificateSource } from '../../../src/tailnet/certificate/renewer.ts';
import { useFronts } from '../../expose/rig.ts';
import { join } from '../pair.ts';

describe('a certificate', () => {
  const front = useFronts();

  it('is renewed before it ends, and connections live on', async () => {
    await front.sandbox().admin.acme({ lifetime: 20 });
    await front.expose(await front.service((_request, response) => response.end('hello')), { name: 'brief' });
    const session = await front.tlsSocket('bob', { target: 'brief:443', servername: 'brief.sandbox.ts.net' });
    const before = session.getPeerCertificate().fingerprint256;
    const renewed = await front.event<CertificateEvent>(
      (event) => event.event === 'certificate' && event.state === 'renewed',
    );
    expect(renewed.domain).toBe('brief.sandbox.ts.net');
    const next = await front.tlsSocket('bob', { target: 'brief:443', servername: 'brief.sandbox.ts.net' });
    expect(next.getPeerCertificate().fingerprint256).not.toBe(before);
    session.write('GET / HTTP/1.1\r\nHost: brief\r\n\r\n');
    expect(String((await once(session, 'data'))[0])).toMatch(/^HTTP\/1.1 200/);
  }, 60_000);

  it('that the authority refuses for a while leaves HTTP, and the words say until when', async () => {
    await front.sandbox().admin.acme({ limit: 5, retryAfter: 100_000 });
    const exposure = await front.expose(await front.service((_request, response) => response.end('hello')), {
      name: 'often',
    });
    expect(exposure.urls[0]).toBe(`http://${exposure.fqdn}`);
    const warning = front.events.find((event) => event.event === 'warning' && event.code === 'CERTIFICATE');
    expect(warning).toMatchObject({
      message: expect.stringMatching(
        /will not issue a certificate for often\.\S+ before \d{4}-\d\d-\d\d \d\d:\d\d UTC \(in 28 h\)/,
      ),
    });
    expect(await (await fetch((await front.door('bob', 'often:80')).url)).text()).toBe('hello');
  });

  it('is asked for again when the authority’s time has passed, and not before', async () => {
    const node = await join('bob', 'limited');
    const asked: number[] = [];
    // Tailscale's code waits for short times itself; what reaches us is hours.
    const limited: CertificateSource = {
      fqdn: node.fqdn,
      certificate: async (options) => {
        asked.push(performance.now());
        if (asked.length > 1) return await node.certificate(options);
        throw Object.assign(new Error('429'), { retryAfter: 600 });
      },
    };
    let served = () => {};
    const used = new Promise<void>((resolve) => {
      served = resolve;
    });
    const certificate = new CertificateRenewer({ node: limited, use: served, report: () => {}, retry: 10 });
    try {
      await expect(certificate.start()).rejects.toThrow('429');
      await used;
      expect(asked).toHaveLength(2);
      // Spread by a tenth, so that nodes do not ask all at once.
      expect(asked[1]! - asked[0]!).toBeGreaterThan(530);
    } finally {
      certificate.close();
      await node.close({ timeout: 0 });
    }
  });

  it('comes when the authority is back, and callers never wait for it', async () => {
    const { admin } = front.sandbox();
    await admin.acme({ running: false });
    const node = await join('bob', 'patient');
    const events: ExposeEvent[] = [];
    let served = () => {};
    const used = new Promise<void>((resolve) => {
      served = resolve;
    });
    const certificate = new CertificateRenewer({
      node,
      use: served,
      report: (event) => events.push(event),
      retry: 100,
    });
    try {
      await expect(certificate.start()).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_CERTIFICATE' });
      expect(certificate.ready).toBe(false);
      expect(events).toContainEqual(expect.objectContaining({ event: 'warning', code: 'CERTIFICATE' }));
      await admin.acme({ running: true });
      await used;
      expect(certificate.ready).toBe(true);
    } finally {
      certificate.close();
      await node.close({ timeout: 0 });
    }
  });

  it('is not requested by callers: a thousand names get a thousand alerts and cause no order', async () => {
    await front.expose(await front.service((_request, response) => response.end('hello')), { name: 'wanted' });
    const { orders } = (await front.sandbox().admin.state()).acme;
    const { port } = await front.door('bob', 'wanted:443');
    const knock = (servername: string) =>
      new Promise<string>((resolve) => {
        const socket = tlsConnect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
        socket.once('secureConnect', () => resolve('in')).on('error', () => resolve('out'));
        socket.on('close', () => resolve('out'));
      });
    for (let i = 0; i < 20; i++) {
      const names = Array.from({ length: 50 }, (_, j) => `name-${i}-${j}.sandbox.ts.net`);
      const results = await Promise.all(names.map(knock));
      expect(new Set(results)).toEqual(new Set(['out']));
    }
    expect((await front.sandbox().admin.state()).acme.orders).toBe(orders);
  });
});
