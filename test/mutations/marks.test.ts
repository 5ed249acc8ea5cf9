import { existsSync, readFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { loadMutations, marksOf } from './marks.mjs';
import { TESTS } from './tests.mjs';

function without(source: string): string[] {
  return marksOf(source).flatMap(({ at, mutations }) =>
    mutations.map(({ take, put }) => source.slice(0, at) + put + source.slice(at + take.length)),
  );
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
    expect(marksOf('// rule: r — mutate: a && b => b\nreturn a && b;\n')).toMatchObject([
      { rule: 'r', mutations: [{ put: 'return b;\n' }] },
    ]);
  });

  it('can say it twice', () => {
    const source = '// rule: r\n// mutate: a => b\n// mutate: x =>\nreturn a + x;\n';
    expect(marksOf(source)[0]?.mutations.map(({ put }) => put)).toEqual(['return b + x;\n', 'return a + ;\n']);
  });

  it('can stand on another', () => {
    const source = '// rule: r\n// rule: s\n// mutate: a => b\nif (a) stop();\n';
    expect(marksOf(source).map(({ rule, mutations }) => [rule, mutations[0]?.put])).toEqual([
      ['r', 'if (false) stop();\n'],
      ['s', 'if (b) stop();\n'],
    ]);
  });

  it.each([
    [
      'where its text is not below it',
      '// rule: r\n// mutate: c => d\nreturn a;\n',
      'expected "c" once below the mark',
    ],
    ['where it has no replacement', '// rule: r\n// mutate: a\nreturn a;\n', 'expected "mutate: TEXT => REPLACEMENT"'],
    ['away from its code', '// rule: r\n// Why.\nreturn a;\n', 'a comment stands between the mark and its code'],
    ['without its rule', '// mutate: a => b\nreturn a;\n', 'on a line of its own, next to its rule'],
    ['behind code', 'return a; // rule: r\n', 'on a line of its own, next to its rule'],
  ])('is refused %s', (_where, source, message) => {
    expect(() => marksOf(source)).toThrow(message);
  });
});

describe('the marks of the sources', () => {
  const mutations = loadMutations();

  it('name each rule of a file once', () => {
    const places = new Set(mutations.map(({ file, rule, line }) => `${file}: ${rule} (line ${line})`));
    const rules = [...places].map((place) => place.replace(/ \(line \d+\)$/, ''));
    expect(rules.filter((rule, i) => rules.indexOf(rule) !== i)).toEqual([]);
  });

  it('change something', () => {
    expect(mutations.filter(({ take, put }) => take === put)).toEqual([]);
  });

  it('leave sources that can be parsed', async () => {
    for (const { file, rule, at, take, put } of mutations) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      const mutant = source.slice(0, at) + put + source.slice(at + take.length);
      const loader = file.endsWith('x') ? 'tsx' : 'ts';
      await expect(transform(mutant, { loader, logLevel: 'silent' }), `${file}: ${rule}`).resolves.toBeDefined();
    }
  });

  it('have tests that exist', () => {
    for (const { file, rule, tests } of mutations) {
      expect(tests, `${file}: ${rule} has no tests in test/mutations/tests.mjs`).not.toEqual([]);
      for (const test of tests)
        expect(existsSync(new URL(`../../${test.file}`, import.meta.url)), test.file).toBe(true);
    }
  });

  it('are all that the table of tests names', () => {
    const known = new Set(mutations.flatMap(({ file, rule }) => [file, `${file}: ${rule}`]));
    expect(Object.keys(TESTS).filter((key) => !known.has(key))).toEqual([]);
  });
});
