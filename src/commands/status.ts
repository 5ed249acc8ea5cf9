import { Command } from '@oclif/core/command';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNode, findNodes, notRunning } from '../control-socket/client.ts';
import { nodeText } from '../ui/node-list.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Status extends Command {
  static override summary = 'Show details of the nodes running on this machine.';
  static override usage = 'status [--name NAME] [--json]';
  static override examples = [
    { command: 'tsexpose status', description: 'show all of them' },
    { command: 'tsexpose status --name myapp', description: 'show one of them' },
    { command: 'tsexpose status --json', description: 'print JSON, one node per line' },
  ];
  static override flags = askFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const nodes = flags.name === undefined ? await findNodes() : [await findNode(flags.name)];
    if (nodes.length === 0) throw notRunning();
    const now = Date.now();
    const texts = nodes.map(({ found }) => (flags.json ? jsonLine(found) : nodeText(found, now)));
    this.log(texts.join(flags.json ? '\n' : '\n\n'));
  }
}
