import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { PENDING_TARGET, splitAtDashes } from '../../cli/child/words.ts';
import { accessFlags } from '../../cli/flags/access-flags.ts';
import { isTyped } from '../../cli/flags/environment.ts';
import { headerFlags } from '../../cli/flags/header-flags.ts';
import { logFlags } from '../../cli/flags/log-flags.ts';
import { nodeFlags, outputFlags } from '../../cli/flags/node-flags.ts';
import { planCommand } from '../../cli/flags/options.ts';
import { portFlags } from '../../cli/flags/port-flags.ts';
import { refuseSecrets } from '../../cli/service/refuse-secrets.ts';
import { runCommands, ServiceFile } from '../../cli/service/service-file.ts';
import { jsonLine } from '../../ui/printable.ts';

const { 'reset-state': _reset, ...ofNode } = nodeFlags;

export default class ServiceInstall extends Command {
  static override summary = 'Start a node at each login, as a service of systemd or launchd.';
  static override usage = 'service install TARGET [flags] [-- COMMAND]';
  static override examples = [
    { command: 'tsexpose service install 3000 --name myapp', description: 'a node that has logged in before' },
    { command: 'tsexpose service install 3000 --auth-key file:key.txt', description: 'with a key in a file' },
    { command: 'tsexpose service uninstall myapp', description: 'undo it' },
  ];
  static override args = {
    target: Args.string({ description: 'Port, host:port or URL of the app, or a directory.', ignoreStdin: true }),
  };
  static override flags = { ...ofNode, ...portFlags, ...accessFlags, ...headerFlags, ...logFlags, ...outputFlags };

  async run(): Promise<void> {
    const [own, app] = splitAtDashes(this.argv, 'tsexpose -- npm start');
    const parsed = await this.parse(ServiceInstall, own);
    const target = parsed.args.target ?? (app && PENDING_TARGET);
    const around = { cwd: process.cwd(), env: process.env, commands: this.config.commandIDs };
    const { name } = planCommand(target, parsed.flags, around).node;
    refuseSecrets(own);
    const words = [process.execPath, process.argv[1]!, 'expose', ...own.filter((word) => word !== '--json')];
    if (!isTyped(own, 'name', 'n')) words.push('--name', name);
    const file = new ServiceFile(name);
    const path = process.env.PATH ?? '';
    file.write({
      name,
      words: app ? [...words, '--', ...app] : words,
      cwd: around.cwd,
      path,
      startsApp: app !== undefined,
    });
    const left = runCommands(file.start);
    if (parsed.flags.json) return this.log(jsonLine({ event: 'installed', name, file: file.path, commands: left }));
    this.log(`Wrote ${file.path}.`);
    if (left.length === 0)
      return this.log(`Started ${name}. It starts at each login; without one: loginctl enable-linger`);
    this.log(`The service manager cannot be reached from here. Start it with:\n  ${left.join('\n  ')}`);
  }
}
