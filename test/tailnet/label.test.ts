import { describe, expect, it } from 'vitest';
import { isLabel, toLabel } from '../../src/tailnet/label.ts';

describe('isLabel', () => {
  it.each(['a', 'my-app', 'my--app', '3000', 'MyApp', 'x'.repeat(63)])('accepts %s', (text) => {
    expect(isLabel(text)).toBe(true);
  });

  it.each(['', '-', '-app', 'app-', 'my_app', 'my.app', 'my app', 'ü', 'app\n', 'x'.repeat(64)])(
    'refuses %j',
    (text) => {
      expect(isLabel(text)).toBe(false);
    },
  );
});

describe('toLabel', () => {
  it('lower-cases and takes accents off', () => expect(toLabel('Crème Brûlée')).toBe('creme-brulee'));

  it('gives a label, or nothing where nothing is left', () => {
    for (const text of ['--a--', `${'x'.repeat(62)}--y`, 'Ünï_Cødé', '.a.']) expect(isLabel(toLabel(text))).toBe(true);
    expect(toLabel('日本')).toBe('');
  });

  it('puts one dash for all that stands between', () => expect(toLabel('my _ app')).toBe('my-app'));
});
