import { describe, expect, it } from 'vitest';
import { identityFromHeaders } from '../../src/identity/from-headers.ts';
import { callerHeaders } from '../../src/identity/headers.ts';
import { type Identity, unknownIdentity } from '../../src/identity/identity.ts';

const unknown = unknownIdentity('100.64.0.7', 0);
const node = { id: 'n1', name: 'büro', fqdn: '', ips: [], os: '', tags: [] };
const capabilities = { 'example.com/cap/app': [{ role: 'größer' }] };
const carol: Identity = {
  ...unknown,
  kind: 'user',
  login: 'carol@example.com',
  name: 'Zoë Çelik',
  picture: 'https://x/y',
};

/** What the proxy sends for a caller, as Node.js parses it. */
function headersOf(identity: Identity): Record<string, string> {
  const flat = callerHeaders(identity, { acceptAppCaps: Object.keys(capabilities), deviceHeaders: true });
  const headers: Record<string, string> = { 'x-forwarded-for': identity.ip };
  for (let i = 0; i < flat.length; i += 2) headers[flat[i]!.toLowerCase()] = flat[i + 1]!;
  return headers;
}

describe('identityFromHeaders', () => {
  it.each<[string, Identity]>([
    ['a user', carol],
    ['a user with device and capabilities', { ...carol, node, capabilities }],
    ['a user with a long name', { ...carol, name: 'Ünïcödé '.repeat(20).trim() }],
    ['a tagged device', { ...unknown, kind: 'tagged', node: { ...node, tags: ['tag:ci', 'tag:web'] } }],
    ['unknown', unknown],
  ])('reads back what the proxy sends about %s', (_, identity) => {
    expect(identityFromHeaders(headersOf(identity))).toEqual(identity);
    expect(identityFromHeaders(new Headers(headersOf(identity)))).toEqual(identity);
  });

  it.each([
    '=?utf-8?q?root=40example.com?=',
    '=?utf-8?b?cm9vdA==?=',
    'a =?utf-8?q?b?= c',
    '=?x',
    '=?utf-8?q?r=C3=B6ot?=',
  ])('reads back the login %s, and no other', (login) => {
    const identity = { ...carol, login, name: login };
    expect(identityFromHeaders(headersOf(identity))).toEqual(identity);
  });

  it('leaves a login as it is that the proxy would have encoded differently', () => {
    const login = '=?utf-8?q?root?=';
    expect(identityFromHeaders({ 'tailscale-user-login': login }).login).toBe(login);
  });

  it('never takes a caller through Funnel for a user', () => {
    const headers = { ...headersOf(carol), 'tailscale-funnel-request': '?1' };
    expect(identityFromHeaders(headers)).toEqual({ ...unknown, kind: 'funnel' });
  });

  it.each([
    ['=?UTF-8?q?Jos=c3=a9?= =?utf-8?Q?_M=C3=BCller?=', 'José Müller'],
    ['=?utf-8?b?Sm9zw6k=?=', 'José'],
    ['=?iso-8859-1?q?Jos=E9?=', 'José'],
    ['=?no-such-charset?q?Jos=E9?=', '=?no-such-charset?q?Jos=E9?='],
    ['plain =?', 'plain =?'],
  ])('decodes %s', (value, name) => {
    expect(identityFromHeaders({ 'tailscale-user-login': 'x', 'tailscale-user-name': value }).name).toBe(name);
  });

  it('ignores capabilities that are not JSON', () => {
    const headers = { 'tailscale-user-login': 'x', 'tailscale-app-capabilities': '{' };
    expect(identityFromHeaders(headers)).not.toHaveProperty('capabilities');
  });
});
