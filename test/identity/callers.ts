/** Callers of the tests, as whois would describe them. */
import type { Identity } from '../../src/identity/identity.ts';

export const alice: Identity = {
  kind: 'user',
  login: 'alice@example.com',
  name: 'Alice Example',
  picture: 'https://example.com/alice.png',
  userId: '9007199254740993',
  groups: [],
  node: {
    id: 'nAliceCNTRL',
    name: 'alice-laptop',
    fqdn: 'alice-laptop.tail1234.ts.net',
    ips: ['100.64.0.2', 'fd7a:115c:a1e0::2'],
    os: 'linux',
    tags: [],
  },
  capabilities: {
    'example.com/cap/app': [{ role: 'admin' }, { role: ['viewer', 'a,b'] }],
    'example.com/cap/other': ['🐿'],
  },
  ip: '100.64.0.2',
  port: 40_001,
};

export const jose: Identity = {
  ...alice,
  login: 'jose@example.com',
  name: 'José Müller',
  picture: '',
  userId: '2',
  node: { ...alice.node!, ips: ['100.64.0.3', 'fd7a:115c:a1e0::3'] },
  capabilities: undefined,
  ip: '100.64.0.3',
};

export const ci: Identity = {
  kind: 'tagged',
  login: '',
  name: '',
  picture: '',
  userId: '',
  groups: [],
  node: {
    id: 'nCiCNTRL',
    name: 'ci-runner',
    fqdn: 'ci-runner.tail1234.ts.net',
    ips: ['100.64.0.9', 'fd7a:115c:a1e0::9'],
    os: 'linux',
    tags: ['tag:ci', 'tag:prod'],
  },
  capabilities: { 'example.com/cap/app': [{ role: 'deployer' }] },
  ip: '100.64.0.9',
  port: 40_002,
};

export const stranger: Identity = {
  kind: 'unknown',
  login: '',
  name: '',
  picture: '',
  userId: '',
  groups: [],
  ip: '192.0.2.7',
  port: 40_003,
};

export const funnelCaller: Identity = { ...stranger, kind: 'funnel', ip: '198.51.100.4' };
