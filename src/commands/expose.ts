import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { launcher } from '../cli/background/launcher.ts';
import { childEnvironment } from '../cli/child/environment.ts';
import { PENDING_TARGET, splitAtDashes } from '../cli/child/words.ts';
import { accessFlags } from '../cli/flags/access-flags.ts';
import { headerFlags } from '../cli/flags/header-flags.ts';
import { checkLogged, logFlags, readLogFlags } from '../cli/flags/log-flags.ts';
import { detachFlag, nodeFlags, outputFlags, sandboxFlag } from '../cli/flags/node-flags.ts';
import { planCommand } from '../cli/flags/options.ts';
import { portFlags } from '../cli/flags/port-flags.ts';
import { tellLauncher } from '../cli/run/background-screen.ts';
import { detach } from '../cli/run/detach.ts';
import { inSandbox, refuseOtherTailnet, startOwnSandbox } from '../cli/run/own-sandbox.ts';
import { behindScreen, type HoldOptions, holdExposure, startPlan } from '../cli/run/run-exposure.ts';
import { callersOf, openDoors } from '../cli/run/sandbox-doors.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { isLiveTerminal, openScreen } from '../cli/screen/open-screen.ts';
import { Telemetry } from '../cli/telemetry/telemetry.ts';
import type { Plan } from '../expose/plan.ts';
import { TLS_PORTS } from '../expose/ports.ts';
import { Problems } from '../problems.ts';

/** How long an app may take to listen on a port, in milliseconds. */
const PORT_TIMEOUT_MS = 60_000;

export default class Expose extends Command {
  static override summary = 'Put a local app on your tailnet (the default command).';
  static override usage = 'TARGET [flags] [-- COMMAND]';
  static override examples = [
    { command: 'tsexpose 3000', description: 'named after the package' },
    { command: 'tsexpose 3000 --name myapp', description: 'as http://myapp' },
    { command: 'tsexpose http://127.0.0.1:8080/app', description: 'a URL with a path' },
    { command: 'tsexpose -- npm run dev', description: 'start the app as well' },
    { command: 'tsexpose 3000 --allow tag:ci,*@example.com', description: 'limit who has access' },
    { command: 'tsexpose ./dist', description: 'the files in a directory' },
    { command: 'tsexpose tcp://localhost:5432 --name db', description: 'a database' },
    { command: 'tsexpose 3000 --service svc:web --tag tag:web', description: 'one of several hosts' },
    { command: 'tsexpose 3000 --ephemeral --json', description: 'in a CI job' },
    { command: 'tsexpose 3000 --detach', description: 'in the background' },
    { command: 'tsexpose 3000 --sandbox', description: 'try it without an account' },
    { command: 'tsexpose demo', description: 'see it in action' },
  ];
  static override args = {
    target: Args.string({ description: 'Port, host:port or URL of the app, or a directory.', ignoreStdin: true }),
  };
  static override flags = {
    ...nodeFlags,
    sandbox: sandboxFlag,
    detach: detachFlag,
    ...portFlags,
    ...accessFlags,
    ...headerFlags,
    ...logFlags,
    ...outputFlags,
  };

  async run(): Promise<number> {
    const [own, words] = splitAtDashes(this.argv, 'tsexpose -- npm start');
    const { args, flags } = await this.parse(Expose, own);
    const around = { cwd: process.cwd(), env: process.env, commands: this.config.commandIDs };
    // Everything is checked before anything starts.
    if (flags.sandbox) refuseOtherTailnet(own);
    const finds = words !== undefined && args.target === undefined;
    const problems = new Problems();
    const planned = problems.check(() => planCommand(finds ? PENDING_TARGET : args.target, flags, around));
    const recording = problems.check(() => readLogFlags(flags));
    if (planned && recording) problems.check(() => checkLogged(recording, planned));
    problems.throw();
    const plan = { ...planned!, requestDetails: flags.json || recording!.accessLog !== undefined };
    if (flags.detach && !launcher()) return await detach({ name: plan.node.name, json: flags.json });
    using shutdown = new Shutdown();
    const hidden = plan.targets[0]!.kind === 'tcp' ? [] : undefined;
    const shown = await openScreen({
      ...{ json: flags.json, name: plan.node.name, hidden, appReadsKeys: words !== undefined },
      ...shutdown.screenHandlers,
    });
    const told = tellLauncher(shown, shutdown);
    const screen = await Telemetry.open(told, recording!, shutdown, !flags.json && isLiveTerminal());
    const run: Run = { plan, screen, shutdown, verbose: flags.verbose };
    const begin = flags.sandbox ? exposeInSandbox : exposeOnTailnet;
    return await behindScreen(screen, shutdown, () => (words ? exposeStarted(words, finds, run, begin) : begin(run)));
  }
}

/** What the command was asked to do, and what it does it with. */
interface Run extends Pick<HoldOptions, 'screen' | 'shutdown' | 'verbose'> {
  plan: Plan;
}

type Begin = (run: Run) => Promise<number>;

/** Starts the app first, and ends it last. */
async function exposeStarted(words: string[], finds: boolean, run: Run, begin: Begin): Promise<number> {
  const { plan, screen, shutdown } = run;
  // Loaded only to start an app.
  const { startApp, withPort } = await import('../cli/child/started-app.ts');
  const env = childEnvironment(process.env, { hosts: [plan.node.name, '.ts.net', ...plan.hosts] });
  const options = { words, env, screen, shutdown };
  await using app = startApp(options);
  if (!finds) return await begin(run);
  const timeout = plan.node.timeout ?? PORT_TIMEOUT_MS;
  return await begin({ ...run, plan: await withPort(app, { ...options, plan, pending: PENDING_TARGET, timeout }) });
}

function exposeOnTailnet({ plan, ...run }: Run): Promise<number> {
  return holdExposure({ ...run, node: plan.node, start: startPlan(plan), targets: plan.targets });
}

async function exposeInSandbox({ plan, ...run }: Run): Promise<number> {
  await using sandbox = await startOwnSandbox(run.shutdown);
  const { service } = plan;
  if (service !== undefined) await sandbox.admin.defineService(service, { autoApprove: ['*'] });
  return await holdExposure({
    ...run,
    node: inSandbox(plan.node, sandbox),
    sandbox: true,
    start: startPlan(plan),
    targets: plan.targets,
    onReady: async (exposure) => {
      run.screen.showDoors(await openDoors(sandbox, callersOf(sandbox), exposure, publicPort(plan)));
    },
  });
}

/** Returns the first port that is open to the internet. */
function publicPort({ funnel, ports }: Plan): number | undefined {
  return funnel ? ports.find(({ port }) => TLS_PORTS.includes(port))?.port : undefined;
}
