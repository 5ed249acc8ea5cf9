import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { askFlags } from '../cli/flags/node-flags.ts';
import { Shutdown } from '../cli/run/shutdown.ts';
import { targetProblem } from '../cli/run/target-problem.ts';
import { findNodes, nodesNamed, notRunning, type RunningNode } from '../control-socket/client.ts';
import { EXIT } from '../errors.ts';
import type { NodeState } from '../events.ts';
import { nodeText } from '../ui/node-list.ts';
import { jsonLine } from '../ui/printable.ts';

/** How often `--watch` asks, in milliseconds. */
const WATCH_MS = 2000;

export default class Status extends Command {
  static override summary = 'Show details of the nodes running on this machine.';
  static override usage = 'status [--name NAME] [--watch] [--json]';
  static override examples = [
    { command: 'tsexpose status', description: 'show all of them' },
    { command: 'tsexpose status --name myapp', description: 'show one of them' },
    { command: 'tsexpose status --watch', description: 'show them until Ctrl-C' },
    { command: 'tsexpose status --json', description: 'print JSON, one node per line' },
  ];
  static override flags = {
    ...askFlags,
    watch: Flags.boolean({ char: 'w', description: 'Show it again every two seconds, until Ctrl-C.' }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Status);
    if (!flags.watch) return await this.#show(await askedNodes(flags.name), flags.json);
    using shutdown = new Shutdown();
    while (!shutdown.cause) {
      const nodes = await askedNodes(flags.name);
      // Begins at the top, and leaves what scrolled away.
      if (process.stdout.isTTY && !flags.json) process.stdout.write('\u001b[H\u001b[2J');
      await this.#show(nodes, flags.json);
      await sleep(WATCH_MS, undefined, { signal: shutdown.signal }).catch(() => {});
    }
    return shutdown.cause.exit;
  }

  async #show(nodes: RunningNode[], json: boolean): Promise<number> {
    const now = Date.now();
    const texts = await Promise.all(
      nodes.map(async ({ found }) => {
        const problem = await targetProblem(found.target);
        return json
          ? jsonLine({ ...found, ...(problem && { targetProblem: problem }) })
          : nodeText(found, now, problem);
      }),
    );
    this.log(texts.join(json ? '\n' : '\n\n'));
    return Math.max(...nodes.map(({ found }) => exitCodeOf(found.state)));
  }
}

async function askedNodes(which: string | undefined): Promise<RunningNode[]> {
  const running = await findNodes();
  const nodes = which === undefined ? running : nodesNamed(running, which);
  if (nodes.length === 0) throw notRunning(which, running);
  return nodes;
}

/** Health checks of containers go by the exit code. */
function exitCodeOf(state: NodeState): number {
  if (state === 'running') return EXIT.done;
  return state === 'needs-login' || state === 'needs-approval' ? EXIT.loginNeeded : EXIT.failed;
}
