import { Config } from '@oclif/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { readText, trackedFiles } from '../module-graph.ts';
import { parseCommandLine } from './command-line.ts';

/** Values for what the sources fill in; anything else becomes `x`. */
const SAMPLES: Record<string, string> = { port: '3000', digits: '3000', url: 'http://localhost:3000' };

let config: Config;
beforeAll(async () => {
  config = await Config.load({ root: process.cwd() });
});

/** What a message says about a flag, such as `--allow does not include alice@example.com`. */
const SENTENCE = /\.$|^--\S+ (does|is|are|has|cannot|requires) /;

/**
 * The texts in the sources that start with a word, as a user would read them. Sentences are not command lines, nor is a
 * text that ends in a space, which is there to be compared with or added to.
 */
function textsWith(start: RegExp): string[] {
  const sources = trackedFiles('src').filter((path) => /\.tsx?$/.test(path));
  const texts = sources.flatMap((path) => {
    const code = readText(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    return [...code.matchAll(/(['"`])((?:(?!\1)[^\n\\])+)\1/g)].map(([, , text]) => text!);
  });
  const shown = texts
    .filter((text) => start.test(text) && !SENTENCE.test(text) && !text.endsWith(' '))
    .map((text) => text.replace(/\$\{((?:[^{}]|\{[^}]*\})*)\}/g, (_, expression) => SAMPLES[expression] ?? 'x'))
    .map((text) => text.replace(/ \(.*\)$| [|<].*$/, ''));
  return [...new Set(shown)].sort();
}

/** Parses flags for the first command that has them. */
async function parseFlags(words: string[]): Promise<void> {
  const name = words[0]!.slice(2);
  const [command] = config.commands.filter(({ flags }) => name in flags).sort((a) => (a.id === 'expose' ? -1 : 1));
  if (!command) throw new Error(`No command has --${name}.`);
  await parseCommandLine(config, [...command.id.split(':'), ...words]);
}

const wordsOf = (text: string) => text.match(/("[^"]*"|\S)+/g)!.map((word) => word.replaceAll('"', ''));

describe('what tsexpose suggests', () => {
  const lines = textsWith(/^tsexpose (?!runs)/);
  const flags = textsWith(/^--[a-z-]+ /);

  it('is found in the sources', () => {
    expect(lines).toContain('tsexpose 3000');
    expect(flags).toContain('--door alice=myapp:80');
  });

  it.each(lines)('is a command line that parses: %s', (line) => parseCommandLine(config, wordsOf(line).slice(1)));

  it.each(flags)('is a flag that parses: %s', (line) => parseFlags(wordsOf(line)));
});
