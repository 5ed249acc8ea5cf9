import { describe, expect, it } from 'vitest';
import { unknownIdentity } from '../../../src/identity/identity.ts';
import { type ForwardedRequest, identityHeaders } from '../../../src/proxy/request/identity-headers.ts';

describe('identityHeaders', () => {
  const node = { id: 'n1', name: 'laptop', fqdn: 'laptop.example.ts.net', ips: [], os: '', tags: [] };
  const bob = {
    ...unknownIdentity('100.64.0.2', 1234),
    kind: 'user' as const,
    login: 'bob@example.com',
    name: 'Bob Example',
    node,
    capabilities: { 'example.com/cap/app': ['x'] },
  };

  /** A request with these headers, as Node's parser hands it over. */
  function request(raw: string[], more: Partial<ForwardedRequest> = {}): ForwardedRequest {
    const headers: Record<string, string> = {};
    for (let i = 0; i < raw.length; i += 2) headers[raw[i]!.toLowerCase()] = raw[i + 1]!;
    return { rawHeaders: raw, headers, socket: { remoteAddress: '100.64.0.2' }, tailscale: bob, ...more };
  }

  it('keeps what is end-to-end, and says who is calling', () => {
    expect({ ...identityHeaders(request(['Host', 'app', 'Accept', 'a', 'Cookie', 'b=1', 'Cookie', 'c=2'])) }).toEqual({
      accept: 'a',
      cookie: ['b=1', 'c=2'],
      host: 'app',
      'x-forwarded-for': '100.64.0.2',
      'x-forwarded-host': 'app',
      'tailscale-user-login': 'bob@example.com',
      'tailscale-user-name': 'Bob Example',
      'tailscale-user-profile-pic': '',
      'tailscale-headers-info': 'https://tailscale.com/s/serve-headers',
    });
  });

  it.each(['Tailscale-User-Login', 'tailscale_user_login', 'X-Forwarded-User', 'Forwarded', 'Proxy', 'Expect', 'TE'])(
    'removes %s, for callers without an identity too',
    (name) => {
      for (const tailscale of [bob, undefined, unknownIdentity('192.0.2.1', 1)]) {
        expect(Object.values(identityHeaders(request([name, 'forged'], { tailscale })))).not.toContain('forged');
      }
    },
  );

  it('says nothing about a caller that is not known', () => {
    const headers = identityHeaders(request(['Host', 'app'], { tailscale: undefined }));
    expect(Object.keys(headers)).toEqual(['x-forwarded-for', 'host', 'x-forwarded-host']);
  });

  it('is not led by what Connection names', () => {
    const headers = identityHeaders(
      request(['Connection', 'Tailscale-User-Login, X-Mine', 'X-Mine', '1', 'X-Other', '2']),
    );
    expect(headers).toMatchObject({ 'tailscale-user-login': 'bob@example.com', 'x-other': '2' });
    expect(headers).not.toHaveProperty('x-mine');
  });

  it('frames a body by its length, or in chunks', () => {
    expect(identityHeaders(request(['Content-Length', '5']))).toMatchObject({ 'content-length': '5' });
    const chunked = identityHeaders(request(['Transfer-Encoding', 'gzip, chunked']));
    expect(chunked).toMatchObject({ 'transfer-encoding': 'chunked' });
    const http2 = { stream: { endAfterHeaders: false } };
    expect(identityHeaders(request([':method', 'GET'], http2))).toMatchObject({ 'transfer-encoding': 'chunked' });
    const empty = { stream: { endAfterHeaders: true } };
    expect(identityHeaders(request([':method', 'GET'], empty))).not.toHaveProperty('transfer-encoding');
  });

  it('forwards the upgrade of a WebSocket and no other', () => {
    const websocket = identityHeaders(
      request(['Connection', 'Upgrade', 'Upgrade', 'WebSocket', 'Sec-WebSocket-Key', 'k']),
    );
    expect(websocket).toMatchObject({ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'k' });
    const other = identityHeaders(request(['Connection', 'Upgrade', 'Upgrade', 'h2c']));
    expect(Object.keys(other)).not.toEqual(expect.arrayContaining(['upgrade']));
  });

  it('takes the authority of HTTP/2 for the host, and leaves out pseudo-headers', () => {
    const headers = identityHeaders(request([':authority', 'app', ':path', '/'], { socket: { encrypted: true } }));
    expect(headers).toMatchObject({ host: 'app', 'x-forwarded-host': 'app', 'x-forwarded-proto': 'https' });
    expect(Object.keys(headers).filter((name) => name.startsWith(':'))).toEqual([]);
  });

  it('adds the device, capabilities and a preset on request, and lets no caller set what a preset may', () => {
    const options = {
      acceptAppCaps: ['example.com/cap/app'],
      deviceHeaders: true,
      headerPreset: 'remote-user',
    } as const;
    expect(identityHeaders(request([]), options)).toMatchObject({
      'tailscale-node-name': 'laptop',
      'tailscale-app-capabilities': '{"example.com/cap/app":["x"]}',
      'remote-user': 'bob@example.com',
    });
    const tagged = { ...unknownIdentity('', 0), kind: 'tagged' as const };
    const headers = identityHeaders(request(['Remote_User', 'root'], { tailscale: tagged }), options);
    expect(Object.values(headers)).not.toContain('root');
    expect(() => identityHeaders(request([]), { headerPreset: 'other' as never })).toThrow(/preset/);
  });

  it('has a header __proto__ like any other', () => {
    const headers = identityHeaders(request(['__proto__', 'x']));
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'x']);
  });
});
