import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateCache } from '../../../src/tailnet/certificate/cache.ts';
import { testPair } from '../../proxy/test-certificate.ts';

const FOREIGN_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIE9gfxl2yx4t9cQfrqnFg1Wtz0JkCzwFZxRbfkVLqQHp
-----END PRIVATE KEY-----
`;

describe('the certificate cache', () => {
  let directory: string;
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tsexpose-cache-'));
    directory = join(root, 'certificates');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const pair = { key: `${testPair.key}\n`, cert: testPair.cert };
  const dates = { validFrom: new Date(0), validTo: new Date(0) };
  const store = (domain: string, key = pair.key) =>
    new CertificateCache(directory).write({ domain, ...pair, ...dates, key });

  it('returns what was written, with its dates', async () => {
    await store('app.test');
    const read = await new CertificateCache(directory).read('app.test');
    expect(read).toMatchObject({ domain: 'app.test', ...pair });
    expect(read?.validTo.getFullYear()).toBe(2126);
  });

  it('is private to its owner', async () => {
    await store('app.test');
    expect(readdirSync(directory)).toEqual(['app.test.pem']);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'app.test.pem')).mode & 0o777).toBe(0o600);
  });

  it('has nothing where the certificate is for another name, has another key, or is damaged', async () => {
    const cache = new CertificateCache(directory);
    await store('another.example');
    expect(await cache.read('another.example')).toBeUndefined();
    await store('app.test', FOREIGN_KEY);
    expect(await cache.read('app.test')).toBeUndefined();
    writeFileSync(join(directory, 'app.test.pem'), 'damaged');
    expect(await cache.read('app.test')).toBeUndefined();
    expect(await cache.read('missing.test')).toBeUndefined();
  });
});
