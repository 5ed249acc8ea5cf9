import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { type CheckedOptions, runChecks } from '../cli/doctor/checks.ts';
import { nodeFlags, outputFlags } from '../cli/flags/node-flags.ts';
import { readNodeFlags, readOwnTarget } from '../cli/flags/options.ts';
import { EXIT } from '../errors.ts';
import { Problems } from '../problems.ts';
import { type CheckResult, checkText } from '../ui/check-line.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Doctor extends Command {
  static override summary = 'Diagnose problems on this machine. Changes nothing.';
  static override usage = 'doctor [TARGET] [--name NAME] [--deep] [--json]';
  static override examples = [
    { command: 'tsexpose doctor', description: 'check this machine and the control server' },
    { command: 'tsexpose doctor 3000', description: 'check the local app as well' },
    { command: 'tsexpose doctor --deep', description: 'open the running apps from a second node' },
  ];
  static override args = {
    target: Args.string({ description: 'Port, host:port or URL of the app.', ignoreStdin: true }),
  };
  static override flags = {
    name: nodeFlags.name,
    'auth-key': nodeFlags['auth-key'],
    'control-url': nodeFlags['control-url'],
    'state-dir': nodeFlags['state-dir'],
    tag: nodeFlags.tag,
    deep: Flags.boolean({ description: 'Open the running nodes from a second, ephemeral one. Requires an auth key.' }),
    json: outputFlags.json,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Doctor);
    const problems = new Problems();
    const options = readNodeFlags(problems, flags, { cwd: process.cwd(), env: process.env });
    const target = readOwnTarget(problems, args.target);
    problems.throw();
    let exit: number = EXIT.done;
    for await (const result of checksOf({ ...options, target }, flags)) {
      this.log(flags.json ? jsonLine(result) : checkText(result));
      if (result.verdict === 'fault') exit = EXIT.failed;
    }
    return exit;
  }
}

/** Yields the results of all checks that were asked for. */
async function* checksOf(
  options: CheckedOptions,
  { deep, name: only }: { deep: boolean; name?: string | undefined },
): AsyncGenerator<CheckResult> {
  yield* runChecks(options);
  // The node is loaded only for this.
  if (deep) yield* (await import('../cli/doctor/deep.ts')).openFromSecondNode({ ...options, only });
}
