import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/cli/suggestion.ts';

const COMMANDS = ['demo', 'expose', 'list', 'sandbox', 'status', 'whois'];

describe('nearest', () => {
  it.each([
    ['stauts', 'status'],
    ['statu', 'status'],
    ['whoiss', 'whois'],
    ['sandbx', 'sandbox'],
    ['dem', 'demo'],
    ['Demo', 'demo'],
    ['exposed', 'expose'],
  ])('takes %s for %s', (word, meant) => expect(nearest(word, COMMANDS)).toBe(meant));

  it.each(['dist', 'public', 'localhost', 'x', ''])('takes %j for nothing', (word) => {
    expect(nearest(word, ['status', 'whois', 'sandbox'])).toBeUndefined();
  });
});
