import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/cli/flags/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['30', 30_000],
    ['0', 0],
    ['0s', 0],
  ])('reads %s as %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', 's', '-1s', '+1s', '1d', '30 s', '30sec', '1e3', '.5s', '1.s', '0x10', 'NaN', '9999h'])(
    'does not read %j',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  );
});
