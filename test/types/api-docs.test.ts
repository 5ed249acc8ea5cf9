import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiPages, examples, readApi } from './api.ts';

const DIRECTORY = join(import.meta.dirname, '../../docs/api');

const api = readApi();

describe('docs/api', () => {
  it('matches the docstrings (npm run docs:api updates it)', () => {
    const written = readdirSync(DIRECTORY).map((file) => [file, readFileSync(join(DIRECTORY, file), 'utf8')]);
    expect(Object.fromEntries(written)).toEqual(apiPages(api));
  });
});

describe('the public API', () => {
  const entries = Object.entries(api);

  it('documents every symbol', () => {
    const silent = entries.flatMap(([entry, { symbols }]) =>
      symbols.filter(({ doc }) => !doc.text).map(({ name }) => `${entry} ${name}`),
    );
    expect(silent).toEqual([]);
  });

  it('has an example of every function and class', () => {
    const unused = entries.flatMap(([entry, { symbols }]) => {
      const shown = examples(api[entry]!).map(({ name }) => name.split('.')[0]);
      return symbols
        .filter(({ name, kind }) => kind !== 'interface' && kind !== 'type' && !shown.includes(name))
        .map(({ name }) => `${entry} ${name}`);
    });
    expect(unused).toEqual([]);
  });
});
