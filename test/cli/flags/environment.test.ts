import { expect, it } from 'vitest';
import { variablesOf } from '../../../src/cli/flags/environment.ts';

it.each([['--name', 'x'], ['--name=x'], ['-n', 'x'], ['-nx']])(
  'a variable does not count beside its flag: %s %s',
  (...words) => {
    const flags = { name: { type: 'option', char: 'n', env: 'TSEXPOSE_NAME' } } as const;
    const env = { TSEXPOSE_NAME: 'other' };
    expect(variablesOf(flags, words, env)).toEqual([]);
    expect(variablesOf(flags, ['--json'], env)).toEqual([{ flag: 'name', name: 'TSEXPOSE_NAME', value: 'other' }]);
  },
);
