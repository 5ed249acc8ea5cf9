import { describe, expect, it } from 'vitest';
import { type Identity, unknownIdentity } from '../../src/identity/identity.ts';
import { identityText } from '../../src/ui/identity-text.ts';

const node = {
  id: 'n1',
  name: 'alice-laptop',
  fqdn: 'alice-laptop.tail1.ts.net',
  ips: ['100.64.0.2', 'fd7a::2'],
  os: 'linux',
  tags: [],
};
const alice: Identity = {
  kind: 'user',
  login: 'alice@example.com',
  name: 'Alice Example',
  picture: '',
  userId: '7',
  groups: [],
  node,
  ip: '100.64.0.2',
  port: 5,
};

describe('identityText', () => {
  it('shows a person and the device', () => {
    expect(identityText(alice)).toMatchInlineSnapshot(`
      "user       alice@example.com (Alice Example)
      device     alice-laptop (linux)
      full name  alice-laptop.tail1.ts.net
      addresses  100.64.0.2, fd7a::2"
    `);
  });

  it('shows capabilities', () => {
    const capabilities = { 'example.com/cap/app': [{ role: 'admin' }, 7] };
    expect(identityText({ ...alice, capabilities })).toContain('capability  example.com/cap/app {"role":"admin"} 7');
  });

  it('shows a tagged device without a user', () => {
    const ci: Identity = { ...unknownIdentity('100.64.0.3', 1), kind: 'tagged', node: { ...node, tags: ['tag:ci'] } };
    expect(identityText(ci)).toMatchInlineSnapshot(`
      "kind       tagged device
      device     alice-laptop (linux)
      full name  alice-laptop.tail1.ts.net
      tags       tag:ci
      addresses  100.64.0.2, fd7a::2"
    `);
  });

  it('shows the address if nothing else is known', () => {
    expect(identityText(unknownIdentity('100.64.0.9', 1))).toBe('kind       unknown\naddresses  100.64.0.9');
  });

  it('escapes control characters', () => {
    expect(identityText({ ...alice, name: 'A\u001b[2Jlice' })).toContain('(A\\u001b[2Jlice)');
  });
});
