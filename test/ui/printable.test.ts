import { describe, expect, it } from 'vitest';
import { jsonLine, printable } from '../../src/ui/printable.ts';

describe('printable', () => {
  it('does not change text of any language', () => {
    const text = 'José 田中 😀 /a?b=c "d" \\';
    expect(printable(text)).toBe(text);
  });

  it.each([
    ['an escape sequence', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['a C1 control sequence introducer', 'a\u009b2Jb', 'a\\u009b2Jb'],
    ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['a Unicode line separator', 'a\u2028b', 'a\\u2028b'],
    ['a right-to-left override', 'a\u202eb', 'a\\u202eb'],
    ['a bidirectional isolate', 'a\u2066b', 'a\\u2066b'],
  ])('escapes %s', (_, text, shown) => expect(printable(text)).toBe(shown));
});

describe('jsonLine', () => {
  it('escapes control characters, and parses to the same value', () => {
    const value = { who: 'a\u009b2J\u202e\u2028\n"\\', nested: [1, null] };
    expect(jsonLine(value)).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });
});
