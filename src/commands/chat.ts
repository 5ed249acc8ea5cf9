import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { HttpsMode } from '../chat/host.ts';
import { launcher } from '../cli/background/launcher.ts';
import { detachFlag, nodeFlags, outputFlags, sandboxFlag } from '../cli/flags/node-flags.ts';
import { readNodeFlags } from '../cli/flags/options.ts';
import { portFlags } from '../cli/flags/port-flags.ts';
import { detach } from '../cli/run/detach.ts';
import { refuseOtherTailnet } from '../cli/run/own-sandbox.ts';
import { OPTIONS } from '../expose/options.ts';
import { Problems } from '../problems.ts';

/** Most messages that newcomers can see. */
const MAX_HISTORY = 1000;

export default class Chat extends Command {
  static override summary = 'Run a chat room on your tailnet.';
  static override usage = 'chat [flags]';
  static override examples = [
    { command: 'tsexpose chat', description: 'at http://chat, and in this terminal' },
    { command: 'tsexpose chat --sandbox', description: 'try it without an account' },
    { command: 'tsexpose chat --history 50', description: 'newcomers see the last 50 messages' },
    { command: 'tsexpose chat join', description: 'join from another terminal' },
    { command: 'nc chat 2323', description: 'join without installing anything' },
  ];
  static override flags = {
    ...nodeFlags,
    name: Flags.string({
      char: 'n',
      description: 'Name on the tailnet. Default: chat.',
      helpValue: 'NAME',
      env: 'TSEXPOSE_NAME',
      helpGroup: 'node',
    }),
    sandbox: sandboxFlag,
    detach: detachFlag,
    history: Flags.integer({
      description: `How many messages newcomers see, 0 to ${MAX_HISTORY}. Default: 0.`,
      helpValue: 'N',
      env: 'TSEXPOSE_CHAT_HISTORY',
      min: 0,
      max: MAX_HISTORY,
      helpGroup: 'chat',
    }),
    https: Flags.string({
      description: portFlags.https.description,
      helpValue: 'MODE',
      env: 'TSEXPOSE_HTTPS',
      options: OPTIONS.https.kind,
      helpGroup: 'chat',
    }),
    ...outputFlags,
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Chat);
    const problems = new Problems();
    const node = readNodeFlags(
      problems,
      { ...flags, name: flags.name ?? 'chat' },
      { cwd: process.cwd(), env: process.env },
    );
    problems.throw();
    if (flags.sandbox) refuseOtherTailnet(this.argv);
    const { history = 0, sandbox, json, verbose } = flags;
    if (flags.detach && !launcher()) return await detach({ name: node.name, json });
    // The parser only lets these modes through.
    const https = (flags.https ?? 'auto') as HttpsMode;
    const { runChat } = await import('../cli/chat/host.ts');
    return runChat({ node, history, https, sandbox, json, verbose });
  }
}
