import { describe, expect, it } from 'vitest';
import { FunnelAuth } from '../../src/access/funnel-auth.ts';
import { alice, funnelCaller } from '../identity/callers.ts';

/** Returns how the status of a request with a password is found; none if it is let through. */
function visits(auth: FunnelAuth) {
  return (ip: string, password?: string): number | undefined => {
    const basic = password === undefined ? [] : [`Basic ${Buffer.from(`guest:${password}`).toString('base64')}`];
    return auth.check(
      { ...funnelCaller, ip },
      basic.flatMap((value) => ['Authorization', value]),
    )?.status;
  };
}

const wrong = (count: number) => Array.from({ length: count }, (_, i) => `wrong ${i}`);

const basic = (credentials: string) => ['Authorization', `Basic ${Buffer.from(credentials).toString('base64')}`];
const right = basic('guest:secret');

describe('the password for Funnel', () => {
  it('is compared as a whole, and only one counts', () => {
    const auth = new FunnelAuth('guest:secret');
    expect(auth.check(funnelCaller, right)).toBeUndefined();
    for (const headers of [
      [],
      basic('guest:guess'),
      basic('guest:secret2'),
      [...right, ...basic('guest:guess')],
      [...right, ...right],
    ]) {
      expect(auth.check(funnelCaller, headers)).toMatchObject({ status: 401 });
    }
  });

  it('is not asked of callers of the tailnet', () => {
    expect(new FunnelAuth('guest:secret').check(alice, [])).toBeUndefined();
  });

  it('is not for the app, unlike that of a caller of the tailnet', () => {
    const auth = new FunnelAuth('guest:secret');
    const headers = ['Accept', '*/*', 'AUTHORIZATION', right[1]!];
    expect(auth.withoutCredentials(funnelCaller, headers)).toEqual(['Accept', '*/*']);
    expect(auth.withoutCredentials(alice, headers)).toEqual(headers);
  });

  it('costs only so much memory: the oldest of 10,000 networks is forgotten', () => {
    const visit = visits(new FunnelAuth('guest:secret'));
    for (const password of wrong(10)) visit('192.0.2.1', password);
    expect(visit('192.0.2.1', 'wrong')).toBe(429);
    for (let i = 0; i < 10_000; i++) visit(`198.51.${i >> 8}.${i & 255}`, 'wrong');
    expect(visit('192.0.2.1', 'wrong')).toBe(401);
  });

  it.each([
    ['one IPv4 address', (_: number) => '198.51.100.4', '198.51.100.5'],
    ['one IPv4 address in its mapped form', (i: number) => (i % 2 ? '::ffff:198.51.100.4' : '198.51.100.4'), '::1'],
    ['an IPv6 /64', (i: number) => `2001:db8:1:2:${i.toString(16)}::1`, '2001:db8:1:3::1'],
    [
      'an IPv6 /64 in other spellings',
      (i: number) => ['2001:DB8::1', '2001:0db8:0:0:5::', '2001:db8::ff'][i % 3]!,
      '::1',
    ],
  ])('limits wrong guesses from %s', (_, address, other) => {
    const visit = visits(new FunnelAuth('guest:secret'));
    expect(wrong(12).map((password, i) => visit(address(i), password))).toEqual([...Array(10).fill(401), 429, 429]);
    expect(visit(other, 'wrong')).toBe(401);
  });

  it('lets the right one through after any number of wrong ones, because many people share an address', () => {
    const visit = visits(new FunnelAuth('guest:secret'));
    for (const password of wrong(50)) visit('198.51.100.4', password);
    expect(visit('198.51.100.4', 'secret')).toBeUndefined();
    // A browser has to be asked before it sends one.
    expect(visit('198.51.100.4')).toBe(401);
    expect(visit('198.51.100.4', 'wrong')).toBe(429);
  });
});
