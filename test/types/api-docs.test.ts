import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiPages, readApi } from './api.ts';

const DIRECTORY = join(import.meta.dirname, '../../docs/api');

describe('docs/api', () => {
  it('says what the docstrings say (npm run docs:api writes it anew)', () => {
    const written = readdirSync(DIRECTORY).map((file) => [file, readFileSync(join(DIRECTORY, file), 'utf8')]);
    expect(Object.fromEntries(written)).toEqual(apiPages(readApi()));
  });
});
