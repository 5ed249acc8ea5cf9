import { Command } from '@oclif/core/command';
import { callApp, FORGED_LOGIN } from '../cli/demo/call.ts';
import { startSampleApp } from '../cli/demo/sample-app.ts';
import { outputFlags } from '../cli/flags/node-flags.ts';
import { inSandbox, startOwnSandbox } from '../cli/run/own-sandbox.ts';
import { behindScreen, holdExposure, startPlan } from '../cli/run/run-exposure.ts';
import { openDoors } from '../cli/run/sandbox-doors.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { isLiveTerminal, openScreen } from '../cli/screen/open-screen.ts';
import { EXIT } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import type { Exposure } from '../expose/expose.ts';
import { plan } from '../expose/plan.ts';

import { demoText } from '../ui/demo-text.ts';
import { jsonLine } from '../ui/printable.ts';

/** The callers of the demo: two people and a tagged device. */
const CALLERS = ['alice', 'bob', 'ci-runner'];

export default class Demo extends Command {
  static override summary = 'See what an app learns about its callers: a sample app on a private tailnet.';
  static override usage = 'demo [--json]';
  static override examples = [
    { command: 'tsexpose demo', description: 'open the app as Alice, as Bob or as a tagged device' },
    { command: 'tsexpose demo | cat', description: 'print what the app receives from each, and exit' },
  ];
  static override flags = outputFlags;

  async run(): Promise<number> {
    const { flags } = await this.parse(Demo);
    const stays = !flags.json && isLiveTerminal();
    if (!flags.json)
      this.log('A sample app on a private tailnet on this machine. No account needed, nothing to clean up.\n');
    using shutdown = new Shutdown();
    await using sandbox = await startOwnSandbox(shutdown);
    await using app = await startSampleApp();
    const demo = plan({ target: app.target, name: 'demo' });
    const node = inSandbox(demo.node, sandbox);
    const hidden: ExposeEvent['event'][] = stays ? ['connection'] : ['connection', 'request'];
    const screen = await openScreen({ json: flags.json, name: node.name, hidden, ...shutdown.screenHandlers });
    const onReady = async (exposure: Exposure) => {
      const doors = await openDoors(sandbox, CALLERS, exposure);
      screen.showDoors(doors);
      if (stays) return;
      for (const door of doors) {
        const call = await callApp(door, exposure.fqdn);
        this.log(flags.json ? jsonLine({ event: 'visit', ...call }) : `\n${demoText(call)}`);
      }
      if (!flags.json) this.log(`\nAll three claimed to be ${FORGED_LOGIN}. Now try your own: tsexpose 3000 --sandbox`);
      shutdown.end({ reason: 'the demo is complete', exit: EXIT.done });
    };
    const hold = {
      node,
      start: startPlan(demo),
      screen,
      shutdown,
      sandbox: true,
      verbose: flags.verbose,
      onReady,
      targets: demo.targets,
    };
    return await behindScreen(screen, shutdown, () => holdExposure(hold));
  }
}
