import { Command } from '@oclif/core/command';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNodes } from '../control-socket/client.ts';
import { nodeList } from '../ui/node-list.ts';
import { jsonLine } from '../ui/printable.ts';

export default class List extends Command {
  static override summary = 'List the nodes running on this machine.';
  static override usage = 'list [--json]';
  static override examples = [{ command: 'tsexpose list', description: 'show the name, address and target of each' }];
  static override flags = { json: askFlags.json };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    const statuses = (await findNodes()).map(({ found }) => found);
    if (!flags.json) this.log(nodeList(statuses));
    else for (const status of statuses) this.log(jsonLine(status));
  }
}
