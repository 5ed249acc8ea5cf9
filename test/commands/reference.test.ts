import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/errors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const reference = readFileSync(`${root}/docs/cli.md`, 'utf8');
let config: Config;
beforeAll(async () => {
  config = await Config.load({ root });
});

describe('docs/cli.md', () => {
  it('has every command', () => {
    const commands = config.commandIDs.filter((id) => id !== 'expose');
    expect(commands.filter((id) => !reference.includes(`tsexpose ${id.replace(':', ' ')}`))).toEqual([]);
  });

  it('has every flag and its variable', () => {
    const words = config.commands.flatMap(({ flags }) =>
      Object.values(flags).flatMap(({ name, env }) => [`--${name}`, ...(env ? [env] : [])]),
    );
    expect([...new Set(words)].filter((word) => !reference.includes(`\`${word}`))).toEqual([]);
  });

  it('has no flag or variable that does not exist', () => {
    const known = new Set(
      config.commands.flatMap(({ flags }) => Object.values(flags).flatMap(({ name, env }) => [`--${name}`, env])),
    );
    for (const other of ['--help', '--version', 'TS_AUTH_KEY', 'TS_CLIENT_ID', 'TS_ID_TOKEN', 'TSEXPOSE_LOG_DROPPED'])
      known.add(other);
    const named = reference.match(/(?<=`)(--[a-z][a-z0-9-]*|TSEXPOSE_[A-Z0-9_]+|TS_[A-Z_]+)/g) ?? [];
    expect([...new Set(named)].filter((word) => !known.has(word))).toEqual([]);
  });

  it('has every event', () => {
    const source = readFileSync(`${root}/src/events.ts`, 'utf8');
    const events = [...source.matchAll(/event: '(\w+)'/g)].map(([, event]) => event);
    expect(events.filter((event) => !reference.includes(`| \`${event}\` |`))).toEqual([]);
  });

  it('has every exit code', () => {
    for (const code of Object.values(EXIT)) expect(reference).toContain(`\n| ${code} | `);
  });
});
