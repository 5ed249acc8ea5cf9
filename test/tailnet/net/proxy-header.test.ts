import { describe, expect, it } from 'vitest';
import type { Identity } from '../../../src/identity/identity.ts';
import { proxyHeader, TLV } from '../../../src/tailnet/net/proxy-header.ts';
import { alice, ci, stranger, visitor } from '../../identity/callers.ts';
import { readProxyHeader } from '../../proxy/tcp/proxy-header.ts';

const remote = { ip: '100.64.0.2', port: 40_001 };
const local = { ip: '100.64.0.1', port: 5432 };
const tell = (identity: Identity) => readProxyHeader(proxyHeader(2, { identity, remote, local })).header;

describe('the PROXY header', () => {
  it('has the addresses of the connection, of IPv6 too', () => {
    expect(tell(alice)).toMatchObject({ source: remote, destination: local });
    const ends = { remote: { ip: 'fd7a:115c:a1e0::2', port: 1 }, local: { ip: 'fd7a:115c:a1e0::1', port: 65_535 } };
    const { header } = readProxyHeader(proxyHeader(1, { identity: alice, ...ends }));
    expect(header).toMatchObject({ version: 1, source: ends.remote, destination: ends.local });
    const unknown = { identity: alice, remote: { ip: '', port: 0 }, local };
    expect(String(proxyHeader(1, unknown))).toBe('PROXY UNKNOWN\r\n');
  });

  it.each([
    ['a user', alice, 'user', alice.login, undefined],
    [
      'a tagged device, whatever login it shows',
      { ...ci, login: 'root@example.com' },
      'tagged',
      undefined,
      'tag:ci,tag:prod',
    ],
    [
      'a user’s device, whatever tags it shows',
      { ...alice, node: { ...alice.node!, tags: ['tag:ci'] } },
      'user',
      alice.login,
      undefined,
    ],
    [
      'the internet, whatever login it shows',
      { ...visitor, login: 'root@example.com' },
      'funnel',
      undefined,
      undefined,
    ],
    ['an unknown caller', stranger, 'unknown', undefined, undefined],
  ])('names %s', (_, identity, kind, login, tags) => {
    const { tlvs } = tell(identity);
    expect([tlvs.get(TLV.kind), tlvs.get(TLV.login), tlvs.get(TLV.tags)]).toEqual([kind, login, tags]);
  });
});
