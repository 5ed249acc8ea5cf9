import { type Identity, unknownIdentity } from '../../src/identity/identity.ts';

const device = { id: 'n1', name: 'laptop', fqdn: 'laptop.example.ts.net', ips: ['100.64.0.7'], os: 'linux', tags: [] };

export const nobody: Identity = unknownIdentity('100.64.0.7', 1234);
export const alice: Identity = {
  ...nobody,
  kind: 'user',
  login: 'alice@example.com',
  name: 'Alice',
  node: device,
  capabilities: { 'example.com/cap/notes': [{ role: 'writer' }, { role: 'owner' }] },
};
export const bob: Identity = { ...nobody, kind: 'user', login: 'bob@elsewhere.org', name: 'Bob', node: device };
export const runner: Identity = { ...nobody, kind: 'tagged', node: { ...device, tags: ['tag:ci'] } };
export const visitor: Identity = { ...nobody, kind: 'funnel' };
