import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanName, cleanText, foldName, lengthFault, MAX_TEXT } from '../../../src/chat/room/text.ts';

describe('cleanText', () => {
  it.each([
    ['text of any language', 'José 田中 שלום نص', 'José 田中 שלום نص'],
    ['emoji made of several', '👩‍👩‍👧 🏳️‍🌈 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👩‍👩‍👧 🏳️‍🌈 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['the indentation of code', '  if x:\n    y', '  if x:\n    y'],
    ['markup, which is text', '<script>alert(1)</script>', '<script>alert(1)</script>'],
  ])('keeps %s', (_, text, kept) => expect(cleanText(text)).toBe(kept));

  it.each([
    ['a color', '\u001b[31mred\u001b[0m', 'red'],
    ['a cursor movement', 'a\u001b[2J\u001b[1;1Hb', 'ab'],
    ['a title', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a link to elsewhere', '\u001b]8;;http://evil\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['a C1 introducer', 'a\u009b2Jb', 'ab'],
    ['a sequence inside a sequence', '\u001b\u001b[m[31mred', '[31mred'],
    ['bells and backspaces', 'a\u0007\u0008\u007fb', 'ab'],
    ['bidirectional controls', 'a\u202etxt\u2066b', 'atxtb'],
    ['invisible characters', 'a\u200b\u2060\ufeffb', 'ab'],
    ['hidden tag characters', 'a\u{e0041}\u{e0042}b', 'ab'],
    ['marks beyond six on a letter', `a${'\u0301'.repeat(50)}b`, `á${'\u0301'.repeat(6)}b`.normalize('NFC')],
  ])('removes %s', (_, text, left) => expect(cleanText(text)).toBe(left));

  it('unifies line ends, trims lines, and keeps one of several empty lines', () => {
    expect(cleanText('\r\na  \r\nb\rc\u2028d\n\n\n\ne\n\n')).toBe('a\nb\nc\nd\n\ne');
  });

  it('replaces lone surrogates', () => {
    expect(cleanText('a\ud83db')).toBe('a\ufffdb');
  });

  it('leaves nothing that acts on a terminal, for any text', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('\u001b', '[', ']', '0', ';', 'm', '\u009b', '\u0007', 'a', '\u202e', '\n'),
    });
    fc.assert(
      fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
        expect(cleanText(text)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
      }),
    );
  });
});

describe('lengthFault', () => {
  it('counts characters, not halves of them', () => {
    expect(lengthFault('🦊'.repeat(MAX_TEXT))).toBeUndefined();
    expect(lengthFault('🦊'.repeat(MAX_TEXT + 1))).toBe('Messages are limited to 2000 characters; this one has 2001.');
  });

  it('limits the lines', () => {
    expect(lengthFault('x\n'.repeat(60))).toBe('Messages are limited to 50 lines; this one has 61.');
  });
});

describe('cleanName', () => {
  it('puts a name on one line', () => expect(cleanName(' Alice\n\tExample\u202e ')).toBe('Alice Example'));

  it('cuts a long name between characters as a reader counts them', () => {
    expect(cleanName('👩‍👩‍👧'.repeat(100))).toBe(`${'👩‍👩‍👧'.repeat(63)}…`);
  });
});

describe('foldName', () => {
  it.each([
    ['capitals', 'ALICE Example'],
    ['blanks', ' Alice  Example'],
    ['accents', 'Alicé Example'],
    ['wide letters', 'Ａｌｉｃｅ Example'],
    ['Cyrillic letters', 'Аliсе Ехаmрlе'],
    ['digits and signs', 'A1ice Examp|e'],
    ['zero-width joiners', 'Ali\u200dce Example'],
    ['fillers', 'Alice\u3164Exam\u034fple'],
    ['punctuation', "Alice.Exam-ple'"],
    ['Greek capitals', 'ΑLΙCΕ Example'],
    ['letters in pairs', 'Alice Exarnple'],
  ])('reads a name with other %s as the same', (_, name) => expect(foldName(name)).toBe(foldName('Alice Example')));

  it('tells other names apart', () => expect(foldName('Bob Example')).not.toBe(foldName('Alice Example')));
});
