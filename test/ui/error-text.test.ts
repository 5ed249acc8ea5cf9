import { describe, expect, it } from 'vitest';
import { errorText } from '../../src/ui/error-text.ts';

describe('errorText', () => {
  it('has the message first, then the suggestions, then the code', () => {
    expect(
      errorText({
        message: 'Expected a port from 1 to 65535, got 0.',
        code: 'ERR_TSEXPOSE_INVALID_TARGET',
        suggestions: ['tsexpose 3000', 'tsexpose --help'],
        cause: 'out of range',
      }),
    ).toBe(
      [
        'error: Expected a port from 1 to 65535, got 0.',
        '  cause: out of range',
        '  try: tsexpose 3000',
        '       tsexpose --help',
        '  code: ERR_TSEXPOSE_INVALID_TARGET',
      ].join('\n'),
    );
  });

  it('has one line per problem', () => {
    expect(errorText({ message: 'one\ntwo', suggestions: [] })).toBe('error: one\n       two');
  });

  it('escapes control characters', () => {
    expect(errorText({ message: 'a\u001b[2Jb', suggestions: ['c\u202ed'] })).toBe(
      'error: a\\u001b[2Jb\n  try: c\\u202ed',
    );
  });
});
