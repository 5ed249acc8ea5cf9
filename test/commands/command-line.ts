import type { Config } from '@oclif/core';
import { parse } from '@oclif/core/parser';
import { withDefaultCommand } from '../../src/cli/default-command.ts';
import { COMMANDS } from '../../src/commands/index.ts';

/** Parses the words of a command line as the program does, without `--help` and up to `--`. */
export async function parseCommandLine(config: Config, words: string[]): Promise<void> {
  const line = words.filter((word) => word !== '--help');
  const [id = '', ...rest] = withDefaultCommand(line, config.commandIDs);
  const command = COMMANDS[id]!;
  const own = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined);
  await parse(own, { args: command.args, flags: command.flags, strict: true });
}
