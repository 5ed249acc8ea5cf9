import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/cli/flags/suggestion.ts';

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
    ['lsit', 'list'],
    ['dmeo', 'demo'],
  ])('reads %s as %s', (word, meant) => expect(nearest(word, COMMANDS)).toBe(meant));

  it.each(['dist', 'public', 'localhost', 'x', ''])('has no suggestion for %j', (word) => {
    expect(nearest(word, ['status', 'whois', 'sandbox'])).toBeUndefined();
  });
});
