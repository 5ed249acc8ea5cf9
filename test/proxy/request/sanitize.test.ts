import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/access/gate.ts';
import { sanitizeHeaders } from '../../../src/proxy/request/sanitize.ts';

describe('the sanitizer', () => {
  const gate = new Gate();

  it.each([
    'Tailscale-User-Login',
    'tailscale-user-login',
    'TAILSCALE-USER-LOGIN',
    'Tailscale_User_Login',
    'Tailscale-User_Login',
    'tailscale.user.login',
    'tailscale~user!login',
    'Tailscale-Future-Header',
    'Tailscale-App-Capabilities',
    'Tailscale-Funnel-Request',
    'X-Tailscale-User',
    'x_tailscale_user',
    'X-Forwarded-For',
    'x_forwarded_for',
    'X-Forwarded-User',
    'Forwarded',
    'X-Real-IP',
    'X_Real_Ip',
    'Proxy',
    'HTTP2-Settings',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'Trailer',
    'Upgrade',
    'Expect',
    'Content_Length',
    'Host',
  ])('removes %s', (name) => {
    expect(sanitizeHeaders(gate.reserved, [name, 'root', 'Accept', '*/*'], [])).toEqual(['Accept', '*/*']);
  });

  it('removes hop-by-hop headers and all that any Connection header names', () => {
    const raw = ['Connection', 'close, X-One', 'connection', 'X-TWO,,', 'X-One', '1', 'x-two', '2', 'X-Three', '3'];
    expect(
      sanitizeHeaders(
        gate.reserved,
        [...raw, 'TE', 'gzip', 'Proxy-Authorization', 'x', 'Transfer_Encoding', 'chunked'],
        [],
      ),
    ).toEqual(['X-Three', '3']);
  });

  it('adds ours after the removal, so Connection cannot remove them', () => {
    const raw = ['Connection', 'Tailscale-User-Login, X-Forwarded-For', 'Tailscale-User-Login', 'root'];
    expect(sanitizeHeaders(gate.reserved, raw, ['Tailscale-User-Login', 'alice@example.com'])).toEqual([
      'Tailscale-User-Login',
      'alice@example.com',
    ]);
  });

  it('keeps order, spelling, duplicates and odd names of all others', () => {
    const raw = ['b', '1', 'A', '2', 'a', '3', '__proto__', 'x', 'constructor', 'y', 'toString', 'z', 'Cookie', ''];
    expect(sanitizeHeaders(gate.reserved, raw, [])).toEqual(raw);
  });

  it.each([
    ['remote-user', 'Remote-User', 'remote_groups'],
    ['oauth2-proxy', 'X-Auth-Request-User', 'x_auth_request_groups'],
    ['grafana', 'X-WEBAUTH-USER', 'x_webauth_role'],
  ])('removes the names of the preset %s', (headerPreset, ...names) => {
    const raw = names.flatMap((name) => [name, 'root']);
    expect(sanitizeHeaders(new Gate({ headerPreset }).reserved, raw, [])).toEqual([]);
    // They speak for a proxy without it, too.
    expect(sanitizeHeaders(gate.reserved, raw, [])).toEqual([]);
  });

  it('removes what a preset or a mapping may set from every caller', () => {
    const strict = new Gate({ headerPreset: 'remote-user', mapCap: ['example.com/cap/app:role=X-App-Role'] });
    const raw = ['Remote-User', 'root', 'remote_groups', 'wheel', 'X_App.Role', 'admin', 'X-App-Roles', 'ok'];
    expect(sanitizeHeaders(strict.reserved, raw, [])).toEqual(['X-App-Roles', 'ok']);
    expect(sanitizeHeaders(gate.reserved, raw, [])).toEqual(raw.slice(4));
  });
});
