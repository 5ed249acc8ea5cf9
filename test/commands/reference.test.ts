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

  it('has every short flag beside its long one', () => {
    const short = config.commands.flatMap(({ flags }) => Object.values(flags).filter(({ char }) => char));
    const written = (name: string, char: string) => new RegExp(`\`--${name}(?: [^\`]+)?\`, \`-${char}\` \\|`);
    expect(short.length).toBeGreaterThan(5);
    expect(short.filter(({ name, char }) => !written(name, char!).test(reference))).toEqual([]);
  });

  it('has the flags of each command', () => {
    const rows = [...reference.matchAll(/^\| (`[^|]+`) \| (`--[^|]+`) \|/gm)];
    const listed = new Map<string, string[]>();
    for (const [, commands, flags] of rows) {
      for (const [, command] of commands!.matchAll(/`([^`]+)`/g)) {
        const found = [...flags!.matchAll(/`--([a-z0-9-]+)/g)].map(([, flag]) => flag!);
        listed.set(command!, [...(listed.get(command!) ?? []), ...found]);
      }
    }
    // The sections before are about commands that start a node.
    const shared = new Set(Object.keys(config.findCommand('expose', { must: true }).flags));
    const nodes = ['expose', 'ci', 'demo', 'chat', 'chat:join', 'connect', 'doctor'];
    for (const { id, flags } of config.commands) {
      const own = listed.get(id.replace(':', ' ')) ?? [];
      const names = Object.values(flags).map(({ name }) => name);
      const missing = names.filter((name) => !own.includes(name) && !(nodes.includes(id) && shared.has(name)));
      expect([id, missing]).toEqual([id, []]);
      expect([id, own.filter((name) => !names.includes(name))]).toEqual([id, []]);
    }
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
