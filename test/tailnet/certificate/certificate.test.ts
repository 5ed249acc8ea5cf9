import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tailnet } from '../../../src/tailnet/tailnet.ts';
import { join, useSandbox } from '../pair.ts';

describe('tailnet.certificate', () => {
  const sandbox = useSandbox();
  let alice: Tailnet;

  beforeAll(async () => {
    alice = await join('alice', 'server');
  });
  afterAll(() => alice.close({ timeout: 0 }));

  it('is for the name of the node, with its key, and says how long it is valid', async () => {
    const { domain, cert, key, validFrom, validTo } = await alice.certificate();
    const certificate = new X509Certificate(cert);
    expect(domain).toBe(alice.fqdn);
    expect(certificate.subjectAltName).toBe(`DNS:${alice.fqdn}`);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(validFrom.getTime()).toBeLessThan(Date.now());
    expect(validTo.getTime()).toBe(Date.parse(certificate.validTo));
  });

  it('comes from the state directory the second time', async () => {
    const [first, second] = [await alice.certificate(), await alice.certificate()];
    expect(second.cert).toBe(first.cert);
  });

  it('is renewed when it is not valid long enough', async () => {
    const { cert, validTo } = await alice.certificate();
    const minValidity = validTo.getTime() - Date.now() + 60_000;
    expect((await alice.certificate({ minValidity })).cert).not.toBe(cert);
  });

  it('is refused for a name that is not the node’s', async () => {
    const refused = alice.certificate({ domain: 'elsewhere.example.com' });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_TSEXPOSE_CERTIFICATE', message: /elsewhere/ });
  });

  it('says what the authority said', async () => {
    const node = await join('bob', 'unlucky');
    await sandbox().admin.acme({ running: false });
    const signal = AbortSignal.timeout(20_000);
    await expect(node.certificate({ signal })).rejects.toThrow(/unlucky|abort/);
    await sandbox().admin.acme({ running: true });
    await node.close({ timeout: 0 });
  });
});
