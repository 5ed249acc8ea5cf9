import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/access/gate.ts';
import { sanitizeHeaders } from '../../../src/proxy/request/sanitize.ts';
import { alice, ci, funnelCaller, stranger } from '../../identity/callers.ts';
import { FUZZ_TIMEOUT, fuzz } from '../../identity/fuzz.ts';

/** What a WSGI, CGI, PHP or Rack application calls a header, folded further than any of them does. */
const asApplication = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, '_');

const RESERVED = /^(X_)?TAILSCALE_|^X_FORWARDED_|^FORWARDED$|^X_REAL_IP$|^PROXY$/;
const HOP_BY_HOP =
  /^(CONNECTION|KEEP_ALIVE|PROXY_CONNECTION|PROXY_AUTHENTICATE|PROXY_AUTHORIZATION|TE|TRAILER|TRANSFER_ENCODING|UPGRADE|HTTP2_SETTINGS|HOST|CONTENT_LENGTH|EXPECT)$/;
const PRESET = /^REMOTE_|^X_APP_ROLE$/;

const word = fc.constantFrom(
  ...[
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
    'role',
    'remote',
    'proxy',
  ],
);
const separator = fc.constantFrom('-', '_', '.', '!', '~', '^', '--', '');
const near = fc.array(fc.tuple(word, separator), { minLength: 1, maxLength: 5 }).map((parts) => parts.flat().join(''));
const mixedCase = fc
  .tuple(near, fc.array(fc.boolean()))
  .map(([name, upper]) => [...name].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join(''));
const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,60}$/);
const name = fc.oneof(
  { weight: 4, arbitrary: mixedCase },
  token,
  fc.constantFrom('Connection', 'connection', 'CONNECTION', '__proto__', 'constructor'),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const value = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.array(name, { maxLength: 4 }).map((list) => list.join(', ')),
);
const raw = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => pairs.flat());

describe('the sanitizer with arbitrary input', () => {
  const gates = [
    new Gate(),
    new Gate({ headerPreset: 'remote-user', mapCap: ['example.com/cap/app:role=X-App-Role'], deviceHeaders: true }),
  ];

  it(
    'shows the app no reserved name that is not ours, invents nothing and keeps the order',
    async () => {
      const caller = fc.constantFrom(alice, ci, stranger, funnelCaller);
      await fuzz(
        fc.property(raw, caller, fc.nat(1), (headers, identity, which) => {
          const gate = gates[which]!;
          const ours = ['X-Forwarded-For', identity.ip, ...gate.admit(identity).headers];
          const out = sanitizeHeaders(gate.reserved, headers, ours);
          expect(out.slice(out.length - ours.length)).toEqual(ours);
          const theirs = out.slice(0, out.length - ours.length);
          let at = 0;
          for (let i = 0; i < theirs.length; i += 2) {
            const folded = asApplication(theirs[i]!);
            if (RESERVED.test(folded) || HOP_BY_HOP.test(folded) || (which === 1 && PRESET.test(folded))) {
              throw new Error(`the app sees ${theirs[i]}`);
            }
            while (at < headers.length && (headers[at] !== theirs[i] || headers[at + 1] !== theirs[i + 1])) at += 2;
            if (at >= headers.length) throw new Error(`${theirs[i]} came from nowhere`);
            at += 2;
          }
        }),
        2_000,
      );
    },
    FUZZ_TIMEOUT,
  );
});
