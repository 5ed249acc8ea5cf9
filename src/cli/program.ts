/** What oclif is told about the program: its name and its commands, from package.json and oclif.manifest.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Config } from '@oclif/core';
import { PACKAGE_ROOT } from '../package-root.ts';

/** The commands by ID. */
export type CommandTable = Record<string, Pick<Command.Class, 'args' | 'flags'> & Runnable>;
type Runnable = new (argv: string[], config: Config) => Command;

/** Returns the program and its version, the platform, and the version of Node.js, in one line. */
export function userAgent(): string {
  const { name, version } = readJson('package.json');
  return `${name}/${version} ${process.platform}-${process.arch} node-${process.version}`;
}

/**
 * Returns what oclif's commands and help need of a configuration. oclif's own also looks for plugins, hooks, themes and
 * directories, none of which we have, and takes as long to load as Node.js takes to start.
 */
export function program(): Config {
  const pjson = readJson('package.json');
  const manifest = readJson('oclif.manifest.json') as { commands: Record<string, Command.Cached> };
  const commands = Object.values(manifest.commands);
  const known = {
    ...{ pjson, commands, topics: [], plugins: new Map(), topicSeparator: ' ' },
    ...{ name: pjson.name, bin: pjson.name, version: pjson.version, userAgent: userAgent() },
    commandIDs: commands.map(({ id }) => id),
    findCommand: (id: string) => commands.find((command) => command.id === id),
    runHook: async () => ({ successes: [], failures: [] }),
    scopedEnvVar: () => undefined,
    scopedEnvVarKeys: () => [],
  };
  return known as unknown as Config;
}

function readJson(file: string) {
  return JSON.parse(readFileSync(join(PACKAGE_ROOT, file), 'utf8'));
}
