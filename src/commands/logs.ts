import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { chooseLog } from '../cli/background/choose-log.ts';
import { followLog } from '../cli/background/follow-log.ts';
import { lastLines } from '../cli/background/last-lines.ts';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNodes } from '../control-socket/client.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Logs extends Command {
  static override summary = 'Show the output of a node in the background, also after it has ended.';
  static override usage = 'logs [NAME] [-f] [-n N] [--json]';
  static override examples = [
    { command: 'tsexpose logs myapp', description: 'show everything that is kept' },
    { command: 'tsexpose logs myapp -f', description: 'continue until the node ends' },
    { command: 'tsexpose logs myapp -n 20', description: 'show the last 20 lines' },
  ];
  static override args = {
    name: Args.string({
      description: 'Name or process ID of the node. Default: the only one in the background.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'Continue with new lines until the node ends.' }),
    lines: Flags.integer({
      char: 'n',
      description: 'How many of the last lines to show. Default: all.',
      helpValue: 'N',
      min: 0,
    }),
    json: askFlags.json,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Logs);
    const log = chooseLog(await findNodes(), args.name);
    const show = (line: string) => this.log(flags.json ? asJson(line) : line);
    const { lines, end } = await lastLines(log.path, flags.lines);
    for (const line of lines) show(line);
    if (flags.follow) await followLog(log, end, show);
  }
}

/** Returns the event that a line is, if the node was started with `--json`; otherwise an event with the line. */
function asJson(line: string): string {
  if (line.startsWith('{"event":')) return line;
  return jsonLine({ event: 'log', line });
}
