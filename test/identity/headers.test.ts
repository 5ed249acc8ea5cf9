import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/access/gate.ts';
import { callerHeaders } from '../../src/identity/headers.ts';
import { sanitizeHeaders } from '../../src/proxy/request/sanitize.ts';
import { alice, ci, funnelCaller, jose, stranger } from './callers.ts';

/** A flat list as an object; a repeated name would show as an array. */
function record(list: readonly string[]): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (let i = 0; i < list.length; i += 2) {
    const before = result[list[i]!];
    result[list[i]!] = before === undefined ? list[i + 1]! : [before, list[i + 1]!].flat();
  }
  return result;
}

const INFO = { 'Tailscale-Headers-Info': 'https://tailscale.com/s/serve-headers' };

describe('the headers about a caller', () => {
  it('name a user as tailscale serve does', () => {
    expect(record(callerHeaders(alice))).toEqual({
      'Tailscale-User-Login': 'alice@example.com',
      'Tailscale-User-Name': 'Alice Example',
      'Tailscale-User-Profile-Pic': 'https://example.com/alice.png',
      ...INFO,
    });
  });

  it('encode what is not ASCII, and include an empty picture', () => {
    expect(record(callerHeaders(jose))).toEqual({
      'Tailscale-User-Login': 'jose@example.com',
      'Tailscale-User-Name': '=?utf-8?q?Jos=C3=A9_M=C3=BCller?=',
      'Tailscale-User-Profile-Pic': '',
      ...INFO,
    });
  });

  it('pass the picture unchanged if a header can carry it', () => {
    const picture = (url: string) => record(callerHeaders({ ...alice, picture: url }))['Tailscale-User-Profile-Pic'];
    expect(picture("data:image/svg+xml,%3Csvg viewBox='0 0 1 1'/%3E")).toBe(
      "data:image/svg+xml,%3Csvg viewBox='0 0 1 1'/%3E",
    );
    expect(picture('https://example.com/ü.png')).toBe('https://example.com/%C3%BC.png');
    expect(picture('https://example.com/\r\nX: 1')).toBe('');
    expect(picture('https://example.com/\ud800')).toBe('');
  });

  it('are none for a tagged device or an unknown caller, and one for a caller through Funnel', () => {
    expect(callerHeaders(ci)).toEqual([]);
    expect(callerHeaders(stranger)).toEqual([]);
    expect(record(callerHeaders(funnelCaller))).toEqual({ 'Tailscale-Funnel-Request': '?1' });
  });

  it('never carry a line break, whatever a profile says', () => {
    const evil = { ...alice, login: 'a\r\nX: 1', name: '\u0000\n', picture: 'https://e/\r\nX: 1' };
    for (const text of callerHeaders(evil)) expect(text).toMatch(/^[\t\x20-\x7e]*$/);
  });

  it('carry the accepted capabilities of users and tagged devices, in the JSON that Go writes', () => {
    const options = { acceptAppCaps: ['example.com/cap/other', 'example.com/cap/app', 'example.com/cap/none'] };
    expect(record(callerHeaders(alice, options))['Tailscale-App-Capabilities']).toBe(
      '=?utf-8?q?{"example.com/cap/app":[{"role":"admin"},{"role":["viewer","a,b?= ' +
        '=?utf-8?q?"]}],"example.com/cap/other":["=F0=9F=90=BF"]}?=',
    );
    expect(record(callerHeaders(ci, options))).toEqual({
      'Tailscale-App-Capabilities': '{"example.com/cap/app":[{"role":"deployer"}]}',
    });
    const html = { ...ci, capabilities: { 'example.com/cap/app': ['<a href="x">&'] } };
    expect(record(callerHeaders(html, options))['Tailscale-App-Capabilities']).toBe(
      '{"example.com/cap/app":["\\u003ca href=\\"x\\"\\u003e\\u0026"]}',
    );
  });

  it('have no capabilities header for a caller without any, and an empty object if none is accepted', () => {
    const options = { acceptAppCaps: ['example.com/cap/none'] };
    expect(record(callerHeaders(jose, options))['Tailscale-App-Capabilities']).toBeUndefined();
    expect(record(callerHeaders(ci, options))['Tailscale-App-Capabilities']).toBe('{}');
    expect(callerHeaders({ ...funnelCaller, capabilities: ci.capabilities }, options)).toEqual([
      'Tailscale-Funnel-Request',
      '?1',
    ]);
  });

  it('name the device when asked to', () => {
    expect(record(callerHeaders(ci, { deviceHeaders: true }))).toEqual({
      'Tailscale-Node-Name': 'ci-runner',
      'Tailscale-Node-Id': 'nCiCNTRL',
      'Tailscale-Node-Tags': 'tag:ci,tag:prod',
    });
    expect(record(callerHeaders(alice, { deviceHeaders: true }))).toMatchObject({
      'Tailscale-Node-Name': 'alice-laptop',
    });
    expect(record(callerHeaders(alice, { deviceHeaders: true }))['Tailscale-Node-Tags']).toBeUndefined();
    const named = { ...alice, node: { ...alice.node!, name: 'büro' } };
    expect(record(callerHeaders(named, { deviceHeaders: true }))['Tailscale-Node-Name']).toBe('=?utf-8?q?b=C3=BCro?=');
  });

  it('turn a field of a capability into a header of its own', () => {
    const gate = new Gate({ mapCap: ['example.com/cap/app:role=X-App-Role', 'example.com/cap/other=X-Other'] });
    expect(record(gate.admit(alice).headers)).toMatchObject({
      'X-App-Role': 'admin,viewer,a%2Cb',
      'X-Other': '=?utf-8?q?["=F0=9F=90=BF"]?=',
    });
    expect(record(gate.admit(ci).headers)).toEqual({ 'X-App-Role': 'deployer' });
    // Whois has said of neither that it is so.
    expect(gate.admit({ ...alice, kind: 'unknown' }).headers).toEqual([]);
    expect(gate.admit({ ...alice, kind: 'funnel' }).headers).toEqual(['Tailscale-Funnel-Request', '?1']);
  });

  it.each([
    [
      'remote-user',
      { 'Remote-User': 'alice@example.com', 'Remote-Name': 'Alice Example', 'Remote-Email': 'alice@example.com' },
    ],
    ['grafana', { 'X-WEBAUTH-USER': 'alice@example.com', 'X-WEBAUTH-NAME': 'Alice Example' }],
    [
      'oauth2-proxy',
      {
        'X-Forwarded-User': 'alice@example.com',
        'X-Forwarded-Email': 'alice@example.com',
        'X-Auth-Request-User': 'alice@example.com',
      },
    ],
  ])('follow the preset %s for users only', (headerPreset, expected) => {
    const gate = new Gate({ headerPreset });
    expect(record(gate.admit(alice).headers)).toMatchObject(expected);
    expect(gate.admit(ci).headers).toEqual([]);
    expect(record(gate.admit(funnelCaller).headers)).toEqual({ 'Tailscale-Funnel-Request': '?1' });
  });

  it('add a capability under a name of the preset’s family that it does not set itself', () => {
    const gate = new Gate({ headerPreset: 'grafana', mapCap: ['example.com/cap/app:role=X-WEBAUTH-ROLE'] });
    expect(record(gate.admit(ci).headers)).toEqual({ 'X-WEBAUTH-ROLE': 'deployer' });
    expect(sanitizeHeaders(gate.reserved, ['X_WebAuth_Role', 'admin'], [])).toEqual([]);
  });

  it('have no email address if the login is not one', () => {
    const gate = new Gate({ headerPreset: 'remote-user' });
    expect(record(gate.admit({ ...alice, login: 'alice@github' }).headers)['Remote-Email']).toBeUndefined();
  });
});

describe('options that cannot be read', () => {
  it.each([
    [{ headerPreset: 'authelia' }, 'Expected a header preset (remote-user, oauth2-proxy, grafana), got "authelia".'],
    [{ acceptAppCaps: ['nope'] }, 'Expected the name of an application capability (example.com/cap/app), got "nope".'],
    [
      { mapCap: ['example.com/cap/app'] },
      'Expected a capability and a header, such as example.com/cap/app:role=X-App-Role',
    ],
    [{ mapCap: ['example.com/cap/app:role=X App'] }, 'Expected a header name after "="'],
    [
      { mapCap: ['example.com/cap/app:role=Tailscale_User_Login'] },
      'Expected a header name that has no meaning of its own',
    ],
    [{ mapCap: ['example.com/cap/app:role=Content-Length'] }, 'Expected a header name that has no meaning of its own'],
    [{ mapCap: ['example.com/cap/a=Tailscale-Node-Id'], deviceHeaders: true }, 'no meaning of its own'],
    [{ mapCap: ['example.com/cap/a=X-App', 'example.com/cap/b=x_app'] }, 'x_app is set twice'],
    [{ mapCap: ['example.com/cap/a=Remote_User'], headerPreset: 'remote-user' }, 'Remote_User is set twice'],
    [{ mapCap: ['example.com/cap/a=X-Auth-Request-Email'], headerPreset: 'oauth2-proxy' }, 'Email is set twice'],
  ])('are refused in one sentence: %j', (options, message) => {
    expect(() => new Gate(options)).toThrowError(
      expect.objectContaining({ code: 'ERR_TSEXPOSE_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    ...['Set-Cookie', 'Set_Cookie', 'Origin', 'Referer', 'Cookie', 'Authorization', 'Host', 'Via', 'User-Agent'],
    ...['X-Real-IP', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Port', 'X-Forwarded-Anything', 'X-Client-IP'],
    ...['True-Client-IP', 'CF-Connecting-IP', 'Fastly-Client-IP', 'X-Original-URL', 'X-Rewrite-URL', 'X-Original-Host'],
    ...['Tailscale-Node-Name', 'Tailscale-User-Login', 'Tailscale-Anything', 'X-Tailscale-User', 'TAILSCALE_ROLE'],
    ...['Access-Control-Allow-Origin', 'Sec-Fetch-Site', 'Sec-WebSocket-Key', 'If-None-Match', 'Range', 'Accept'],
    ...['X-HTTP-Method-Override', 'X-CSRF-Token', 'X-Requested-With', 'Connection', 'Content-Type', 'Location'],
  ])('are refused if they map a capability to %s', (header) => {
    expect(() => new Gate({ mapCap: [`example.com/cap/app:role=${header}`] })).toThrowError(/no meaning of its own/);
  });

  it.each(['X-App-Role', 'X-Forwarded-Groups', 'X-WEBAUTH-ROLE', 'Remote-Groups', 'X-Hostel', 'Rangefinder'])(
    'are accepted if they map a capability to %s',
    (header) => {
      expect(new Gate({ mapCap: [`example.com/cap/app:role=${header}`] }).admit(ci).headers).toEqual([
        header,
        'deployer',
      ]);
    },
  );
});
