import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { MACHINES_PAGE } from '../cli/connect/dial-failure.ts';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNode } from '../control-socket/client.ts';
import type { TsexposeError } from '../errors.ts';
import { identityText } from '../ui/identity-text.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Whois extends Command {
  static override summary = 'Show who is behind a tailnet address.';
  static override usage = 'whois ADDRESS [--name NAME] [--json]';
  static override examples = [
    { command: 'tsexpose whois 100.64.0.7', description: 'look up an address' },
    { command: 'tsexpose whois alice-laptop', description: 'look up a device by name' },
    { command: 'tsexpose whois 100.64.0.7:51820 --json', description: 'print JSON' },
  ];
  static override args = {
    address: Args.string({
      description: 'Address, address:port or name of a device on the tailnet.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = askFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Whois);
    const node = await findNode(flags.name);
    const identity = await node.whois(args.address).catch((error: TsexposeError) => {
      if (error.code === 'ERR_TSEXPOSE_NOT_FOUND') error.suggestions.push(MACHINES_PAGE);
      throw error;
    });
    this.log(flags.json ? jsonLine(identity) : identityText(identity));
  }
}
