import { Command } from '@oclif/core/command';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNode, findNodes } from '../control-socket/client.ts';
import { TsexposeError } from '../errors.ts';
import { nodeText } from '../ui/node-list.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Status extends Command {
  static override summary = 'Show the nodes that run on this machine, in full.';
  static override usage = 'status [--name NAME] [--json]';
  static override examples = [
    { command: 'tsexpose status', description: 'all of them' },
    { command: 'tsexpose status --name myapp', description: 'one of them' },
    { command: 'tsexpose status --json', description: 'as JSON, one node a line' },
  ];
  static override flags = askFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const instances = flags.name === undefined ? await findNodes() : [await findNode(flags.name)];
    if (instances.length === 0) {
      throw new TsexposeError('ERR_TSEXPOSE_NOT_RUNNING', 'Expected a running tsexpose on this machine, found none.', {
        suggestions: ['tsexpose 3000', 'tsexpose demo'],
      });
    }
    const now = Date.now();
    const texts = instances.map(({ found }) => (flags.json ? jsonLine(found) : nodeText(found, now)));
    this.log(texts.join(flags.json ? '\n' : '\n\n'));
  }
}
