import { describe, expect, it } from 'vitest';
import { decodeWords } from '../../../src/cli/demo/encoded-word.ts';
import { encodeHeaderValue } from '../../../src/identity/rfc2047.ts';

describe('decodeWords', () => {
  it.each(['Alice Example', 'José Müller', '田中', 'Zoë Çelik 😀', `${'ü'.repeat(60)} x`, '', 'a_b=c?d'])(
    'reads %s back from the header',
    (name) => expect(decodeWords(encodeHeaderValue(name))).toBe(name),
  );
});
