import { Command } from '@oclif/core/command';
import { askFlags } from '../cli/flags/node-flags.ts';
import { findNodes, nodesNamed, notRunning } from '../control-socket/client.ts';
import { EXIT } from '../errors.ts';
import type { NodeState } from '../events.ts';
import { nodeText } from '../ui/node-list.ts';
import { jsonLine } from '../ui/printable.ts';

export default class Status extends Command {
  static override summary = 'Show details of the nodes running on this machine.';
  static override usage = 'status [--name NAME] [--json]';
  static override examples = [
    { command: 'tsexpose status', description: 'show all of them' },
    { command: 'tsexpose status --name myapp', description: 'show one of them' },
    { command: 'tsexpose status --json', description: 'print JSON, one node per line' },
  ];
  static override flags = askFlags;

  async run(): Promise<number> {
    const { flags } = await this.parse(Status);
    const running = await findNodes();
    const nodes = flags.name === undefined ? running : nodesNamed(running, flags.name);
    if (nodes.length === 0) throw notRunning(flags.name, running);
    const now = Date.now();
    const texts = nodes.map(({ found }) => (flags.json ? jsonLine(found) : nodeText(found, now)));
    this.log(texts.join(flags.json ? '\n' : '\n\n'));
    return Math.max(...nodes.map(({ found }) => exitCodeOf(found.state)));
  }
}

/** Health checks of containers go by the exit code. */
function exitCodeOf(state: NodeState): number {
  if (state === 'running') return EXIT.done;
  return state === 'needs-login' || state === 'needs-approval' ? EXIT.loginNeeded : EXIT.failed;
}
