import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { MACHINES_PAGE } from '../cli/connect/dial-failure.ts';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNode } from '../control-socket/client.ts';
import { TsexposeError } from '../errors.ts';
import { identityText } from '../ui/identity-text.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Whois extends Command {
  static override summary = 'Show who is behind a tailnet address.';
  static override usage = 'whois ADDRESS [--name NAME] [--json]';
  static override examples = [
    { command: 'tsexpose whois 100.64.0.7', description: 'the person or device with that address' },
    { command: 'tsexpose whois alice-laptop', description: 'the same by its name' },
    { command: 'tsexpose whois 100.64.0.7:51820 --json', description: 'as JSON, for a program' },
  ];
  static override args = {
    address: Args.string({
      description: 'Address, address:port, or name of a device of the tailnet.',
      ignoreStdin: true,
    }),
  };
  static override flags = askFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Whois);
    if (!args.address) {
      throw new TsexposeError('ERR_TSEXPOSE_USAGE', 'Expected an address to ask about, got none.', {
        suggestions: ['tsexpose whois 100.64.0.7'],
      });
    }
    const instance = await findNode(flags.name);
    const identity = await instance.whois(args.address).catch((error: TsexposeError) => {
      if (error.code === 'ERR_TSEXPOSE_NOT_FOUND') error.suggestions.push(MACHINES_PAGE);
      throw error;
    });
    this.log(flags.json ? jsonLine(identity) : identityText(identity));
  }
}
