import { Config } from '@oclif/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCommandLine } from '../commands/command-line.ts';
import { fences, PAGES, prose } from './pages.ts';
import { commandLines } from './shell.ts';

let config: Config;
beforeAll(async () => {
  config = await Config.load({ root: process.cwd() });
});

const SHELL = ['console', 'sh', 'bash'];

/** A word that stands for whatever the reader puts there, and what the test puts there. */
const PLACEHOLDERS: [RegExp, string][] = [
  [/^(TARGET|PORT)$/, '3000'],
  [/^NAME:PORT$/, 'db:5432'],
  [/^\[(HOST|TARGET)\]$/, ''],
  [/^(ADDRESS)$/, '100.64.0.7'],
];

/** Returns the words with samples for placeholders. */
function sample(words: string[]): string[] {
  const filled = words.map((word) => PLACEHOLDERS.find(([pattern]) => pattern.test(word))?.[1] ?? word);
  return filled
    .filter((word) => word !== '')
    .map((word) => word.replace(/^"?\$\w+"?$/, '3000').replace(/\$\{?\w+\}?/g, 'x'));
}

describe('the words of a command line', () => {
  it('are those of a shell', () => {
    expect(commandLines('$ A=b npx tsexpose@1 3000 --allow "*@x.com,tag:ci" >out 2>&1 | jq . # so')).toEqual([
      ['3000', '--allow', '*@x.com,tag:ci'],
    ]);
    expect(commandLines('tsexpose 1 \\\n  --json & npm start && tsexpose list')).toEqual([['1', '--json'], ['list']]);
    expect(commandLines('# tsexpose 3000\nnpm install tsexpose\ncat tsexpose.log')).toEqual([]);
  });
});

describe('a command line in the documentation', () => {
  const blocks = PAGES.flatMap((page) => fences(page).filter(({ language }) => SHELL.includes(language)));
  const shown = blocks.flatMap(({ where, text }) => commandLines(text).map((words) => [where, words] as const));
  const mentioned = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
    // A table escapes the pipes in its cells.
    [
      ...prose(page, { code: true })
        .replaceAll('\\|', '|')
        .matchAll(/`((?:\w+=\S+ )*(?:npx )?tsexpose [^`]+)`/g),
    ].flatMap(([, text]) => commandLines(text!.replace(/\s+/g, ' ')).map((words) => [page, words] as const)),
  );
  // `tsexpose chat join …` and the like leave something out on purpose.
  const complete = mentioned.filter(([, words]) => !words.some((word) => word.includes('…') || word.includes('<')));
  const all = new Map(
    [...shown, ...complete].map(([where, words]) => [`${where}: tsexpose ${words.join(' ')}`, words]),
  );

  it('is found', () => {
    expect(shown.length).toBeGreaterThan(30);
    expect(complete.length).toBeGreaterThan(30);
  });

  it.each([...all])('parses: %s', async (_, words) => {
    await parseCommandLine(
      config,
      sample(words).map((word) => word.replaceAll('…', 'x')),
    );
  });
});
