import { Command } from '@oclif/core/command';
import { FORGED_LOGIN, visit } from '../cli/demo/call.ts';
import { startSampleService } from '../cli/demo/sample-app.ts';
import { outputFlags } from '../cli/flags/node-flags.ts';
import { inSandbox, startOwnSandbox } from '../cli/run/own-sandbox.ts';
import { behindScreen, holdExposure, startPlan } from '../cli/run/run-exposure.ts';
import { openDoors } from '../cli/run/sandbox-doors.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { isLiveTerminal, openScreen } from '../cli/screen/screen.ts';
import { EXIT } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import type { Exposure } from '../expose/expose.ts';
import { plan } from '../expose/plan.ts';
import { jsonLine } from '../ui/printable.ts';
import { visitText } from '../ui/visit-text.ts';

/** The visitors of the demo: two people and a device. */
const VISITORS = ['alice', 'bob', 'ci-runner'];

export default class Demo extends Command {
  static override summary = 'See what a service is told: a sample service, a private tailnet, three visitors.';
  static override usage = 'demo [--json]';
  static override examples = [
    { command: 'tsexpose demo', description: 'stays up, so that you can open the doors yourself' },
    { command: 'tsexpose demo | cat', description: 'opens them all, prints what the service received, and ends' },
  ];
  static override flags = outputFlags;

  async run(): Promise<number> {
    const { flags } = await this.parse(Demo);
    const stays = !flags.json && isLiveTerminal();
    if (!flags.json)
      this.log('A sample service on a private tailnet on this machine. No account, nothing to clean up.\n');
    using shutdown = new Shutdown();
    await using sandbox = await startOwnSandbox(shutdown);
    await using service = await startSampleService();
    const demo = plan({ target: service.target, name: 'demo' });
    const node = inSandbox(demo.node, sandbox);
    const hidden: ExposeEvent['event'][] = stays ? ['connection'] : ['connection', 'request'];
    const screen = await openScreen({ json: flags.json, name: node.name, hidden, onClosed: shutdown.endOutput });
    const onReady = async (exposure: Exposure) => {
      const doors = await openDoors(sandbox, VISITORS, exposure);
      screen.showDoors(doors);
      if (stays) return;
      for (const door of doors) {
        const seen = await visit(door, exposure.fqdn);
        this.log(flags.json ? jsonLine({ event: 'visit', ...seen }) : `\n${visitText(seen)}`);
      }
      if (!flags.json) this.log(`\nAll three claimed to be ${FORGED_LOGIN}. Now yours: tsexpose 3000 --sandbox`);
      shutdown.end({ reason: 'the demo is over', exit: EXIT.done });
    };
    const hold = { node, start: startPlan(demo), screen, shutdown, verbose: flags.verbose, onReady };
    return await behindScreen(screen, shutdown, () => holdExposure(hold));
  }
}
