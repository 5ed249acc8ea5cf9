import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { askFlags } from '../../cli/flags/node-flags.ts';
import { runCommands, ServiceFile } from '../../cli/service/service-file.ts';
import { jsonLine } from '../../ui/printable.ts';

export default class ServiceUninstall extends Command {
  static override summary = 'Stop a service, and remove it. The node keeps its login.';
  static override usage = 'service uninstall NAME [--json]';
  static override examples = [
    { command: 'tsexpose service uninstall myapp', description: 'the service that was installed with --name myapp' },
  ];
  static override args = {
    name: Args.string({ description: 'Name of the node.', required: true, ignoreStdin: true }),
  };
  static override flags = { json: askFlags.json };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ServiceUninstall);
    const { name } = args;
    const file = new ServiceFile(name);
    const { stop, path } = file;
    file.remove();
    const left = runCommands(stop);
    if (flags.json) return this.log(jsonLine({ event: 'uninstalled', name, file: path, commands: left }));
    this.log(`Removed ${path}.`);
    if (left.length > 0)
      this.log(`The service manager cannot be reached from here. Stop it with:\n  ${left.join('\n  ')}`);
  }
}
