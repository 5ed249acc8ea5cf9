import { Command } from '@oclif/core/command';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findInstances } from '../control-socket/client.ts';
import { instanceList } from '../ui/instance-text.ts';
import { jsonLine } from '../ui/printable.ts';

export default class List extends Command {
  static override summary = 'List the nodes that run on this machine.';
  static override usage = 'list [--json]';
  static override examples = [{ command: 'tsexpose list', description: 'name, address and target of each' }];
  static override flags = { json: askFlags.json };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    const statuses = (await findInstances()).map(({ found }) => found);
    if (!flags.json) this.log(instanceList(statuses));
    else for (const status of statuses) this.log(jsonLine(status));
  }
}
