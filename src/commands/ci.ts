import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { PENDING_TARGET, splitAtDashes } from '../cli/child/words.ts';
import { readJob } from '../cli/ci/job/job.ts';
import { previewName } from '../cli/ci/job/name.ts';
import { isSupervised, supervise } from '../cli/ci/supervise.ts';
import { accessFlags } from '../cli/flags/access-flags.ts';
import { ciNodeFlags, previewFlags } from '../cli/flags/ci-flags.ts';
import { headerFlags } from '../cli/flags/header-flags.ts';
import { defaultName } from '../cli/flags/name.ts';
import { outputFlags } from '../cli/flags/node-flags.ts';
import { planCommand, readDuration } from '../cli/flags/options.ts';
import { portFlags } from '../cli/flags/port-flags.ts';
import { Problems } from '../problems.ts';

export default class Ci extends Command {
  static override summary = 'Put the app of a CI job on the tailnet, for the reviewers of a pull request.';
  static override usage = 'ci TARGET [flags] [-- COMMAND]';
  static override examples = [
    { command: 'tsexpose ci 3000', description: 'an app that the job has started' },
    { command: 'tsexpose ci -- npm start', description: 'start the app as well' },
    { command: 'tsexpose ci ./dist --ttl 2h --idle 20m', description: 'the files that it has built' },
    { command: 'tsexpose ci 3000 --client-id ID --tag tag:preview', description: 'log in without a secret' },
    { command: 'tsexpose ci 3000 --allow *@example.com', description: 'limit who has access' },
  ];
  static override args = {
    target: Args.string({ description: 'Port, host:port or URL of the app, or a directory.', ignoreStdin: true }),
  };
  static override flags = {
    ...ciNodeFlags,
    ...previewFlags,
    ...portFlags,
    ...accessFlags,
    ...headerFlags,
    ...outputFlags,
  };

  async run(): Promise<number> {
    if (!isSupervised()) return await supervise();
    const [own, words] = splitAtDashes(this.argv, 'tsexpose ci -- npm start');
    const { args, flags } = await this.parse(Ci, own);
    const around = { cwd: process.cwd(), env: process.env, commands: [] };
    const job = readJob(process.env);
    const pending = words !== undefined && args.target === undefined ? PENDING_TARGET : undefined;
    const name = flags.name ?? previewName(job, defaultName(around.cwd));
    const problems = new Problems();
    const plan = problems.check(() => planCommand(pending ?? args.target, { ...flags, name, ephemeral: true }, around));
    const read = (text: string | undefined, flag: string) =>
      text === undefined ? undefined : problems.check(() => readDuration(text, flag));
    const limits = { ttl: read(flags.ttl, 'ttl'), idle: read(flags.idle, 'idle') };
    problems.throw();
    const { refuseForks, runPreview } = await import('../cli/ci/preview.ts');
    refuseForks(job, flags['allow-forks']);
    const { audience, allow = [], json, verbose } = flags;
    return await runPreview({
      ...{ plan: plan!, job, words, pending, audience, allow, json, verbose, ...limits },
      clientId: flags['client-id'],
      passEnv: flags['pass-env'] ?? [],
      check: !flags['no-check'],
    });
  }
}
