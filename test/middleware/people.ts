import { type Identity, unknownIdentity } from '../../src/identity/identity.ts';

const device = { id: 'n1', name: 'laptop', fqdn: 'laptop.example.ts.net', ips: ['100.64.0.7'], os: 'linux', tags: [] };

export const unknown: Identity = unknownIdentity('100.64.0.7', 1234);
export const alice: Identity = {
  ...unknown,
  kind: 'user',
  login: 'alice@example.com',
  name: 'Alice',
  node: device,
  capabilities: { 'example.com/cap/notes': [{ role: 'writer' }, { role: 'owner' }] },
};
export const bob: Identity = { ...unknown, kind: 'user', login: 'bob@elsewhere.org', name: 'Bob', node: device };
export const runner: Identity = { ...unknown, kind: 'tagged', node: { ...device, tags: ['tag:ci'] } };
export const funnelCaller: Identity = { ...unknown, kind: 'funnel' };
