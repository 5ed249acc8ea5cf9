import { describe, expect, it } from 'vitest';
import { marksOf } from './marks.mjs';

function without(source: string): string[] {
  return marksOf(source).map(({ at, take, put }) => source.slice(0, at) + put + source.slice(at + take.length));
}

describe('a mark', () => {
  it('takes out the statement below it', () => {
    expect(without('  // rule: it is counted\n  this.#count(ip);\n  next();\n')).toEqual([
      '  // rule: it is counted\n  next();\n',
    ]);
  });

  it('takes out a statement of several lines', () => {
    expect(without('// rule: r\ncall(\n  { a: ")" },\n);\nnext();\n')).toEqual(['// rule: r\nnext();\n']);
  });

  it('makes the condition of an if false', () => {
    expect(without("// rule: r\nif (f(')') && /[)]/.test(x)) {\n  stop();\n}\nnext();\n")).toEqual([
      '// rule: r\nif (false) {\n  stop();\n}\nnext();\n',
    ]);
  });

  it('takes out an element of a list, and a property', () => {
    expect(without("const a = [\n  // rule: r\n  'te',\n  'upgrade',\n];\n")).toEqual([
      "const a = [\n  // rule: r\n  'upgrade',\n];\n",
    ]);
  });

  it('says what stands there instead', () => {
    expect(without('// rule: r\n// mutate: a && b => b\nreturn a && b;\n')).toEqual([
      '// rule: r\n// mutate: a && b => b\nreturn b;\n',
    ]);
  });

  it('can say it twice', () => {
    const source = '// rule: r\n// mutate: a => b\n// mutate: x => y\nreturn a + x;\n';
    expect(marksOf(source).map(({ rule, put }) => [rule, put])).toEqual([
      ['r (1)', 'return b + x;\n'],
      ['r (2)', 'return a + y;\n'],
    ]);
  });

  it('is refused where its text is not below it', () => {
    expect(() => marksOf('// rule: r\n// mutate: c => d\nreturn a;\n')).toThrow('expected "c" once below the mark');
  });
});
