import { hostname } from 'node:os';
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { terminalName } from '../../cli/flags/name.ts';
import { nodeFlags, outputFlags } from '../../cli/flags/node-flags.ts';
import { readNodeFlags } from '../../cli/flags/options.ts';
import { Problems } from '../../problems.ts';
import { printable } from '../../ui/printable.ts';

/** Flags that only apply to a node of its own. */
const NODE_FLAGS = ['auth-key', 'control-url', 'state-dir', 'ephemeral', 'tag'] as const;

export default class ChatJoin extends Command {
  static override summary = 'Join a chat from a terminal or a script.';
  static override usage = 'chat join [HOST] [flags]';
  static override examples = [
    { command: 'tsexpose chat join', description: 'the chat named chat' },
    { command: 'tsexpose chat join standup --room design', description: 'a room of another chat' },
    { command: 'echo "build 17 is green" | tsexpose chat join', description: 'post from a script' },
    { command: 'tsexpose chat join --json', description: 'events in and out, one per line' },
    { command: 'tsexpose chat join http://127.0.0.1:4001', description: 'through a door of a sandbox' },
  ];
  static override args = {
    host: Args.string({ description: 'Name or URL of the chat.', default: 'chat', ignoreStdin: true }),
  };
  static override flags = {
    room: Flags.string({
      description: 'Room to join. Default: lobby.',
      helpValue: 'ROOM',
      env: 'TSEXPOSE_CHAT_ROOM',
      helpGroup: 'chat',
    }),
    ...nodeFlags,
    name: Flags.string({
      char: 'n',
      description: 'Name of the node, if one is needed. Default: this machine’s name with -chat.',
      helpValue: 'NAME',
      env: 'TSEXPOSE_NAME',
      helpGroup: 'node',
    }),
    ...outputFlags,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(ChatJoin);
    const problems = new Problems();
    const name = flags.name ?? terminalName(hostname());
    const node = readNodeFlags(problems, { ...flags, name }, { cwd: process.cwd(), env: process.env });
    problems.throw();
    const wantsNode = NODE_FLAGS.some((flag) => flags[flag] !== undefined && flags[flag] !== false);
    const { joinChat } = await import('../../cli/chat/join.ts');
    const log = flags.verbose ? (line: string) => process.stderr.write(`${printable(line)}\n`) : undefined;
    const anyName = flags.name === undefined;
    const { room = '', json } = flags;
    return joinChat({ host: args.host, room, node: { ...node, anyName, log }, wantsNode, json });
  }
}
