import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { stopNode } from '../cli/background/stop.ts';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNodes, onlyNode } from '../control-socket/client.ts';
import { TsexposeError } from '../errors.ts';
import { jsonLine, printable } from '../ui/printable.ts';

export default class Stop extends Command {
  static override summary = 'Stop nodes running on this machine, in the background or in a terminal.';
  static override usage = 'stop NAME | --all [--json]';
  static override examples = [
    { command: 'tsexpose stop myapp', description: 'stop one, after the requests in flight' },
    { command: 'tsexpose stop 4711', description: 'by its process ID, if several have the name' },
    { command: 'tsexpose stop --all', description: 'stop all of them' },
  ];
  static override args = {
    name: Args.string({ description: 'Name or process ID of the node; see tsexpose list.', ignoreStdin: true }),
  };
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'Stop all nodes of this user.' }),
    json: askFlags.json,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Stop);
    if (Boolean(flags.all) === (args.name !== undefined)) throw usage(flags.all);
    const running = await findNodes();
    const nodes = flags.all ? running : [onlyNode(running, args.name, (which) => `tsexpose stop ${which}`)];
    if (nodes.length === 0 && !flags.json) this.log('No nodes are running.');
    const results = await Promise.allSettled(
      nodes.map(async (node) => {
        await stopNode(node);
        const { name, pid } = node.found;
        this.log(
          flags.json ? jsonLine({ event: 'stopped', name, pid }) : `Stopped ${printable(name)} (process ${pid}).`,
        );
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

function usage(both: boolean): TsexposeError {
  const message = both ? '--all cannot be combined with a name.' : 'Missing the name of the node to stop.';
  const suggestions = ['tsexpose list', 'tsexpose stop --all'];
  return new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions });
}
