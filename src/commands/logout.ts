import { Command } from '@oclif/core/command';
import { nodeFlags, outputFlags } from '../cli/flags/node-flags.ts';
import { readNodeFlags } from '../cli/flags/options.ts';
import { logOut } from '../cli/run/log-out.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { Problems } from '../problems.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Logout extends Command {
  static override summary = 'Log a node out of the tailnet for good, and delete its keys.';
  static override usage = 'logout [--name NAME] [--json]';
  static override examples = [
    { command: 'tsexpose logout --name myapp', description: 'the node started by tsexpose 3000 --name myapp' },
    { command: 'tsexpose logout', description: 'the node named after this package or directory' },
  ];
  static override flags = {
    name: nodeFlags.name,
    'control-url': nodeFlags['control-url'],
    'state-dir': nodeFlags['state-dir'],
    timeout: nodeFlags.timeout,
    json: outputFlags.json,
  };

  async run(): Promise<number | undefined> {
    const { flags } = await this.parse(Logout);
    const problems = new Problems();
    const { name, controlUrl, stateDir, timeout } = readNodeFlags(problems, flags, {
      cwd: process.cwd(),
      env: process.env,
    });
    problems.throw();
    using shutdown = new Shutdown();
    await logOut({ name, stateDir, controlUrl, timeout, signal: shutdown.signal });
    this.log(flags.json ? jsonLine({ event: 'logged-out', name }) : `Logged out ${name} and deleted its keys.`);
    return shutdown.cause?.exit;
  }
}
