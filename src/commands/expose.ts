import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { Ending } from '../cli/ending.ts';
import { nodeFlags, outputFlags } from '../cli/flags.ts';
import { frontFlags } from '../cli/front-flags.ts';
import { type HoldOptions, holdExposure } from '../cli/hold-exposure.ts';
import { exposeOptions } from '../cli/options.ts';
import { inSandbox, startOwnSandbox } from '../cli/own-sandbox.ts';
import { proxyFlags } from '../cli/proxy-flags.ts';
import { openDoors, visitorsOf } from '../cli/sandbox-doors.ts';
import { openScreen } from '../cli/screen.ts';
import { TsexposeError } from '../errors.ts';

export default class Expose extends Command {
  static override summary = 'Put a local service on your tailnet (the default command).';
  static override usage = 'TARGET [flags]';
  static override examples = [
    { command: 'tsexpose 3000', description: 'by the name of its package' },
    { command: 'tsexpose 3000 --name myapp', description: 'as http://myapp' },
    { command: 'tsexpose http://127.0.0.1:8080/app', description: 'a URL, with a path' },
    { command: 'tsexpose 3000 --allow tag:ci,*@example.com', description: 'for some callers only' },
    { command: 'tsexpose ./dist', description: 'the files of a directory' },
    { command: 'tsexpose tcp://localhost:5432 --name db', description: 'a database' },
    { command: 'tsexpose 3000 --ephemeral --json', description: 'for a CI job' },
    { command: 'tsexpose 3000 --sandbox', description: 'try it without an account' },
    { command: 'tsexpose demo', description: 'see what a service is told' },
  ];
  static override args = {
    target: Args.string({ description: 'Port, host:port or URL of the service, or a directory.', ignoreStdin: true }),
  };
  static override flags = {
    ...nodeFlags,
    sandbox: Flags.boolean({
      description: 'Use a private tailnet on this machine, and forget it afterwards.',
      env: 'TSEXPOSE_SANDBOX',
      helpGroup: 'node',
    }),
    ...frontFlags,
    ...proxyFlags,
    ...outputFlags,
  };

  async run(): Promise<number> {
    if (this.argv.includes('--')) throw noCommandYet(this.argv);
    const { args, flags } = await this.parse(Expose);
    const around = { cwd: process.cwd(), env: process.env, commands: this.config.commandIDs };
    const options = exposeOptions(args.target, flags, around);
    using ending = new Ending();
    const { name, target } = options;
    const hidden = target.startsWith('tcp:') ? [] : undefined;
    const screen = await openScreen({ json: flags.json, name, hidden, onClosed: ending.endOutput });
    const hold = { options, screen, ending, verbose: flags.verbose };
    try {
      return await (flags.sandbox ? holdInSandbox(hold) : holdExposure(hold));
    } finally {
      await screen.close();
    }
  }
}

async function holdInSandbox(hold: HoldOptions): Promise<number> {
  await using sandbox = await startOwnSandbox(hold.ending);
  return await holdExposure({
    ...hold,
    options: inSandbox(hold.options, sandbox),
    onReady: async ({ fqdn }) => hold.screen.showDoors(await openDoors(sandbox, visitorsOf(sandbox), `${fqdn}:80`)),
  });
}

function noCommandYet(argv: string[]): TsexposeError {
  const command = argv.slice(argv.indexOf('--') + 1).join(' ');
  const message = 'Expected a target; starting a command with "--" is not supported yet.';
  return new TsexposeError('ERR_TSEXPOSE_USAGE', message, {
    suggestions: [`${command || 'npm start'} & tsexpose 3000`],
  });
}
