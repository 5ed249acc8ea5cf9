import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../src/identity/rfc2047.ts';
import vectors from './rfc2047-vectors.json' with { type: 'json' };

/** An independent decoder, after RFC 2047 §4.2 and §6.2. */
function decode(value: string): string {
  const bytes: number[] = [];
  for (const word of value.split(' ')) {
    const content = /^=\?utf-8\?q\?([!-~]*)\?=$/.exec(word)![1]!;
    for (const [, hex, character] of content.matchAll(/=([0-9A-F]{2})|([^=])/g)) {
      bytes.push(hex ? Number.parseInt(hex, 16) : character === '_' ? 0x20 : character!.charCodeAt(0));
    }
  }
  return Buffer.from(bytes).toString();
}

describe('encodeHeaderValue', () => {
  // Written by Go 1.26: mime.QEncoding.Encode("utf-8", text) for each of the texts.
  it.each(vectors as [string, string][])('encodes %j as Go does', (text, expected) => {
    expect(encodeHeaderValue(text)).toBe(expected);
  });

  // Go leaves such text as it is, and then it decodes to something else.
  it('encodes text that already looks encoded', () => {
    expect(encodeHeaderValue('=?utf-8?q?root?=')).toBe('=?utf-8?q?=3D=3Futf-8=3Fq=3Froot=3F=3D?=');
    for (const text of ['=?utf-8?q?root?=', 'a =?utf-8?b?cm9vdA==?= b', '=?', '=?=?']) {
      expect(decode(encodeHeaderValue(text))).toBe(text);
    }
  });

  it('makes text that is not well-formed empty', () => {
    expect(encodeHeaderValue('\ud800')).toBe('');
    expect(encodeHeaderValue('a\udc00b')).toBe('');
  });

  it('never yields a byte that could end a header, or a word of more than 75 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const value = encodeHeaderValue(text);
        expect(value).toMatch(/^[\t\x20-\x7e]*$/);
        if (value !== text) expect(Math.max(...value.split(' ').map(({ length }) => length))).toBeLessThanOrEqual(75);
      }),
    );
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        const value = encodeHeaderValue(text);
        if (value !== text) expect(decode(value)).toBe(text);
      }),
    );
  });
});
