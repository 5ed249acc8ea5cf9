import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TsexposeError } from '../../../src/errors.ts';
import { parseTarget, type Target } from '../../../src/proxy/target/target.ts';
import { FUZZ_TIMEOUT, fuzz } from '../../identity/fuzz.ts';

const scheme = fc.constantFrom(
  '',
  'http://',
  'https://',
  'https+insecure://',
  'h2c://',
  'tcp://',
  'unix:',
  'unix://',
  'HTTP://',
  'ws://',
  '//',
);
const user = fc.constantFrom('', 'user@', 'user:hunter2@', 'hunter2@hunter2@', ':@');
const host = fc.oneof(
  fc.constantFrom(
    'localhost',
    '127.0.0.1',
    '[::1]',
    '[fd7a::1]',
    '::1',
    '127.1',
    '0x7f.1',
    '0',
    '256.0.0.1',
    'a_b',
    '',
    '[',
    ']',
    '[::1',
  ),
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
);
const port = fc.oneof(
  fc.constantFrom('', ':', ':0', ':65536', ':+1', ':1e3', ':0x50'),
  fc.nat(70_000).map((number) => `:${number}`),
);
const path = fc.oneof(
  fc.constantFrom('', '/', '/a', '/a/', '/..', '/%2e%2E/', '?x', '#y', '/a?b#c', '\\', '/a\\b', '/\u0000'),
  fc.webPath(),
);
const likely = fc.tuple(scheme, user, host, port, path).map((parts) => parts.join(''));
const spliced = fc
  .tuple(likely, fc.nat(40), fc.string({ unit: 'binary', maxLength: 3 }))
  .map(([text, at, noise]) => text.slice(0, at) + noise + text.slice(at));

describe('parseTarget with arbitrary input', () => {
  it(
    'gives a target that can be written down and read again, or says no in one line without a secret',
    async () => {
      await fuzz(
        fc.property(fc.oneof(likely, spliced, fc.string({ unit: 'binary' })), (text) => {
          let target: Target;
          try {
            target = parseTarget(text);
          } catch (error) {
            if (!(error instanceof TsexposeError)) throw error;
            expect(error.code).toBe('ERR_TSEXPOSE_INVALID_TARGET');
            expect(error.message).not.toMatch(/[\r\n\0\x1b]/);
            if (/^[a-z0-9+]+:\/\/[^/?#]*@/i.test(text))
              expect(`${error.message}${error.suggestions}`).not.toContain('hunter2');
            return;
          }
          expect(parseTarget(target.url)).toEqual(target);
          if (target.local || target.socketPath !== undefined) return;
          expect(target.port).toBeGreaterThanOrEqual(1);
          expect(target.port).toBeLessThanOrEqual(65_535);
          // No one who reads the target as a URL is led to another host, port or path.
          const bracketed = target.host.includes(':') ? `[${target.host}]` : target.host;
          const url = new URL(`ftp://${bracketed}:${target.port}${target.basePath || '/'}`);
          expect(url.port || '21').toBe(String(target.port));
          expect(url.pathname).toBe(target.basePath || '/');
          expect(target.basePath).not.toMatch(/\/$/);
        }),
        5_000,
      );
    },
    FUZZ_TIMEOUT,
  );
});
