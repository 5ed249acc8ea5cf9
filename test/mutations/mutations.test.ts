import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadMutations } from './mutations.mjs';

describe('the list of mutations', () => {
  it('finds every text once in its source, and every test in its place', () => {
    for (const { rule, file, take, put, tests } of loadMutations()) {
      const found = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split(take).length - 1;
      expect({ rule, found }).toEqual({ rule, found: 1 });
      expect(put).not.toBe(take);
      expect(tests.length).toBeGreaterThan(0);
      for (const test of tests)
        expect(test).toSatisfy(() => existsSync(new URL(`../../${test.file}`, import.meta.url)));
    }
  });

  it('names each rule once', () => {
    const rules = loadMutations().map(({ rule }) => rule);
    expect(rules.filter((rule, i) => rules.indexOf(rule) !== i)).toEqual([]);
  });
});
