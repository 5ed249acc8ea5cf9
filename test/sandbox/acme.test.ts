import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Door } from '../../src/sandbox/door.ts';
import { Sandbox } from '../../src/sandbox/sandbox.ts';

describe('the certificate authority of a sandbox', () => {
  let sandbox: Sandbox;
  let door: Door;
  const fqdn = 'secure.sandbox.ts.net';

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    await sandbox.admin.serve({ who: 'alice', hostname: 'secure', port: 443, kind: 'whois', tls: true });
    door = await sandbox.door('bob', 'secure:443');
  });
  afterEach(() => sandbox.close());

  const shownCertificate = () =>
    new Promise<{ validTo: Date; names: string }>((resolve, reject) => {
      const socket = connect({ port: door.port, host: door.host, servername: fqdn, ca: sandbox.ca }, () => {
        const { valid_to, subjectaltname } = socket.getPeerCertificate();
        socket.destroy();
        resolve({ validTo: new Date(valid_to), names: subjectaltname! });
      });
      socket.once('error', reject);
    });

  it('issues a certificate for the MagicDNS name, which the sandbox CA signs', async () => {
    expect(await shownCertificate()).toMatchObject({ names: `DNS:${fqdn}` });
    const { acme, counters } = await sandbox.admin.state();
    expect(acme).toMatchObject({ issued: [fqdn], orders: 1 });
    expect(counters.setDNS).toBe(1);
  });

  it('issues no second certificate while the first is good', async () => {
    await shownCertificate();
    await shownCertificate();
    expect((await sandbox.admin.state()).acme.issued).toEqual([fqdn]);
  });

  it('issues certificates with the lifetime asked for', async () => {
    await sandbox.admin.acme({ lifetime: 3600 });
    const { validTo } = await shownCertificate();
    expect(validTo.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(validTo.getTime() - Date.now()).toBeGreaterThan(3_000_000);
  });

  it('refuses as many orders as it is told to', async () => {
    await sandbox.admin.acme({ limit: 1, retryAfter: 1 });
    await shownCertificate(); // the node waits a second and asks again
    expect((await sandbox.admin.state()).acme).toMatchObject({ orders: 2, limited: 1, limit: 0, issued: [fqdn] });
  });

  it('cuts connections while it is down', async () => {
    await sandbox.admin.acme({ running: false });
    await expect(shownCertificate()).rejects.toThrow();
    await sandbox.admin.acme({ running: true });
    await shownCertificate();
  });

  it('gives a renamed node a certificate for its new name only', async () => {
    await sandbox.admin.rename('secure', 'renamed');
    await expect(shownCertificate()).rejects.toThrow();
    expect((await sandbox.admin.state()).acme.issued).toEqual([]);
  });
});
