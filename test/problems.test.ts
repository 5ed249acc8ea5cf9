import { describe, expect, it } from 'vitest';
import { TsexposeError } from '../src/errors.ts';
import { Problems } from '../src/problems.ts';

function fail(message: string, ...suggestions: string[]) {
  return () => {
    throw new TsexposeError('ERR_TSEXPOSE_INVALID_NAME', message, { suggestions });
  };
}

describe('Problems', () => {
  it('returns what a check returns', () => {
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

  it('reports several problems together, with the best suggestion for each', () => {
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

  it('reports the problems of a check that found several one by one', () => {
    const inner = new Problems();
    inner.check(fail('bad name'));
    inner.check(fail('bad port', 'tsexpose 3000'));
    const problems = new Problems();
    problems.check(() => inner.throw());
    expect(problems.count).toBe(2);
    problems.check(fail('bad tag', '--tag tag:web'));
    expect(() => problems.throw()).toThrow(
      expect.objectContaining({
        message: 'bad name\nbad port\nbad tag',
        suggestions: ['tsexpose 3000', '--tag tag:web'],
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
