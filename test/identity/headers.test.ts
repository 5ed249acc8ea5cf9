import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/identity/gate.ts';
import { alice, ci, stranger, visitor } from './callers.ts';

/** What a WSGI, CGI, PHP or Rack application calls a header, folded further than any of them does. */
const asApplication = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, '_');

const RESERVED = /^(X_)?TAILSCALE_|^X_FORWARDED_|^FORWARDED$|^X_REAL_IP$|^PROXY$/;
const HOP_BY_HOP =
  /^(CONNECTION|KEEP_ALIVE|PROXY_CONNECTION|PROXY_AUTHENTICATE|PROXY_AUTHORIZATION|TE|TRAILER|TRANSFER_ENCODING|UPGRADE|HTTP2_SETTINGS|HOST|CONTENT_LENGTH|EXPECT)$/;

const names = (list: readonly string[]) => list.filter((_, i) => i % 2 === 0);

describe('the sanitiser', () => {
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
  ])('removes %s', (name) => {
    expect(gate.sanitize([name, 'root', 'Accept', '*/*'], [])).toEqual(['Accept', '*/*']);
  });

  it('removes hop-by-hop headers and all that Connection names, in any number of them', () => {
    const raw = ['Connection', 'close, X-One', 'connection', 'X-TWO,,', 'X-One', '1', 'x-two', '2', 'X-Three', '3'];
    expect(
      gate.sanitize([...raw, 'TE', 'gzip', 'Proxy-Authorization', 'x', 'Transfer_Encoding', 'chunked'], []),
    ).toEqual(['X-Three', '3']);
  });

  it('sets ours after the removal: Connection cannot name them away', () => {
    const raw = ['Connection', 'Tailscale-User-Login, X-Forwarded-For', 'Tailscale-User-Login', 'root'];
    expect(gate.sanitize(raw, ['Tailscale-User-Login', 'alice@example.com'])).toEqual([
      'Tailscale-User-Login',
      'alice@example.com',
    ]);
  });

  it('keeps order, spelling, duplicates and odd names of all the rest', () => {
    const raw = ['b', '1', 'A', '2', 'a', '3', '__proto__', 'x', 'constructor', 'y', 'toString', 'z', 'Cookie', ''];
    expect(gate.sanitize(raw, [])).toEqual(raw);
  });

  it('removes what a preset or a mapping may set, for every caller', () => {
    const strict = new Gate({ headerPreset: 'remote-user', mapCap: ['example.com/cap/app:role=X-App-Role'] });
    const raw = ['Remote-User', 'root', 'remote_groups', 'wheel', 'X_App.Role', 'admin', 'X-App-Roles', 'ok'];
    expect(strict.sanitize(raw, [])).toEqual(['X-App-Roles', 'ok']);
    expect(gate.sanitize(raw, [])).toEqual(raw);
  });

  it('shows the service no reserved name that is not ours, whatever comes', () => {
    const word = fc.constantFrom(
      'tailscale',
      'user',
      'login',
      'x',
      'forwarded',
      'for',
      'real',
      'ip',
      'te',
      'connection',
      'app',
    );
    const separator = fc.constantFrom('-', '_', '.', '!', '~', '^', '--', '');
    const near = fc
      .array(fc.tuple(word, separator), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.flat().join(''));
    const mixed = fc
      .tuple(near, fc.array(fc.boolean()))
      .map(([name, upper]) => [...name].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join(''));
    const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,60}$/);
    const name = fc.oneof(mixed, token, fc.constantFrom('Connection', 'connection', 'CONNECTION'));
    const value = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.array(name, { maxLength: 4 }).map((list) => list.join(', ')),
    );
    const caller = fc.constantFrom(alice, ci, stranger, visitor);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), caller, (pairs, identity) => {
        const raw = pairs.flat();
        const ours = ['X-Forwarded-For', identity.ip, ...gate.admit(identity).headers];
        const out = gate.sanitize(raw, ours);
        expect(out.slice(out.length - ours.length)).toEqual(ours);
        const theirs = out.slice(0, out.length - ours.length);
        for (const kept of names(theirs)) {
          expect(asApplication(kept)).not.toMatch(RESERVED);
          expect(asApplication(kept)).not.toMatch(HOP_BY_HOP);
        }
        // Nothing is invented, and nothing changes places.
        let at = 0;
        for (let i = 0; i < theirs.length; i += 2) {
          while (at < raw.length && (raw[at] !== theirs[i] || raw[at + 1] !== theirs[i + 1])) at += 2;
          expect(at).toBeLessThan(raw.length);
          at += 2;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
