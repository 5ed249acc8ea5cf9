import { describe, expect, it } from 'vitest';
import { Problems } from '../../../src/cli/flags/problems.ts';
import { TsexposeError } from '../../../src/errors.ts';

function fail(message: string, ...suggestions: string[]) {
  return () => {
    throw new TsexposeError('ERR_TSEXPOSE_INVALID_NAME', message, { suggestions });
  };
}

describe('Problems', () => {
  it('gives what a check gives', () => {
    const problems = new Problems();
    expect(problems.check(() => 7)).toBe(7);
    expect(() => problems.throw()).not.toThrow();
  });

  it('throws the only problem as it is', () => {
    const problems = new Problems();
    expect(problems.check(fail('bad name', '--name x'))).toBeUndefined();
    expect(() => problems.throw()).toThrow(
      expect.objectContaining({ code: 'ERR_TSEXPOSE_INVALID_NAME', message: 'bad name', suggestions: ['--name x'] }),
    );
  });

  it('tells several problems together, with the best cure of each', () => {
    const problems = new Problems();
    problems.check(fail('bad name', '--name x', '--name y'));
    problems.check(fail('bad port', 'tsexpose 3000'));
    expect(() => problems.throw()).toThrow(
      expect.objectContaining({
        code: 'ERR_TSEXPOSE_USAGE',
        message: 'bad name\nbad port',
        suggestions: ['--name x', 'tsexpose 3000'],
        oclif: { exit: 2 },
      }),
    );
  });

  it('does not hide a defect', () => {
    const defect = () => {
      throw new TypeError('x is not a function');
    };
    expect(() => new Problems().check(defect)).toThrow(TypeError);
  });
});
