import { describe, expect, it } from 'vitest';
import { refuseSecrets } from '../../../src/cli/service/refuse-secrets.ts';

describe('the file of a service', () => {
  it.each([
    [['3000', '--auth-key', 'tskey-auth-x'], 'auth-key'],
    [['3000', '--auth-key=tskey-auth-x'], 'auth-key'],
    [['3000', '--auth-key'], 'auth-key'],
    [['--funnel-auth', 'a:b', '3000'], 'funnel-auth'],
    [['--funnel-auth=file:password', '3000'], 'funnel-auth'],
  ])('gets no secret: %j', (words, flag) => {
    expect(() => refuseSecrets(words)).toThrow(`--${flag} would put a secret into the file of the service.`);
  });

  it.each([
    [['3000', '--auth-key', 'file:key.txt']],
    [['3000', '--auth-key=file:key.txt']],
    [['3000', '--name', 'auth-key']],
  ])('may name a file with a key: %j', (words) => {
    expect(refuseSecrets(words)).toBeUndefined();
  });
});
