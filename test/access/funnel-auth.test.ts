import { describe, expect, it } from 'vitest';
import { FunnelAuth } from '../../src/access/funnel-auth.ts';
import { alice, funnelCaller } from '../identity/callers.ts';

const basic = (credentials: string) => ['Authorization', `Basic ${Buffer.from(credentials).toString('base64')}`];
const right = basic('guest:secret');
const wrong = basic('guest:guess');

describe('a password for callers from the internet', () => {
  const from = (ip: string) => ({ ...funnelCaller, ip });

  it('is compared as a whole, and only one counts', () => {
    const auth = new FunnelAuth('guest:secret');
    expect(auth.check(funnelCaller, right)).toBeUndefined();
    for (const headers of [[], wrong, basic('guest:secret2'), [...right, ...wrong], [...right, ...right]]) {
      expect(auth.check(funnelCaller, headers)).toMatchObject({ status: 401 });
    }
  });

  it('is not asked of callers of the tailnet', () => {
    expect(new FunnelAuth('guest:secret').check(alice, [])).toBeUndefined();
  });

  it('has to wait after too many wrong guesses from the same address, even if it is right', () => {
    const auth = new FunnelAuth('guest:secret');
    for (let i = 0; i < 10; i++) expect(auth.check(from('192.0.2.1'), wrong)).toMatchObject({ status: 401 });
    expect(auth.check(from('192.0.2.1'), right)).toMatchObject({ status: 429 });
    expect(auth.check(from('192.0.2.2'), right)).toBeUndefined();
  });

  it('costs only so much memory: the oldest of 10,000 addresses is forgotten', () => {
    const auth = new FunnelAuth('guest:secret');
    for (let i = 0; i < 10; i++) auth.check(from('192.0.2.1'), wrong);
    for (let i = 0; i < 10_000; i++) auth.check(from(`198.51.${i >> 8}.${i & 255}`), wrong);
    expect(auth.check(from('192.0.2.1'), right)).toBeUndefined();
  });

  it('is not for the app, unlike that of a caller of the tailnet', () => {
    const auth = new FunnelAuth('guest:secret');
    const headers = ['Accept', '*/*', 'AUTHORIZATION', right[1]!];
    expect(auth.withoutCredentials(funnelCaller, headers)).toEqual(['Accept', '*/*']);
    expect(auth.withoutCredentials(alice, headers)).toEqual(headers);
  });
});
