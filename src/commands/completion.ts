import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { bashCompletion } from '../cli/completion/bash.ts';
import { completedCommands, SHELLS, type Shell } from '../cli/completion/command-words.ts';
import { fishCompletion } from '../cli/completion/fish.ts';
import { zshCompletion } from '../cli/completion/zsh.ts';
import { TsexposeError } from '../errors.ts';

const SCRIPTS: Record<Shell, typeof bashCompletion> = {
  bash: bashCompletion,
  fish: fishCompletion,
  zsh: zshCompletion,
};

export default class Completion extends Command {
  static override summary = 'Print a script with which a shell completes commands, flags and names.';
  static override usage = 'completion bash|fish|zsh';
  static override examples = [
    { command: 'source <(tsexpose completion bash)', description: 'in ~/.bashrc' },
    { command: 'source <(tsexpose completion zsh)', description: 'in ~/.zshrc, after compinit' },
    { command: 'tsexpose completion fish | source', description: 'in ~/.config/fish/config.fish' },
  ];
  static override args = {
    shell: Args.string({ description: 'bash, fish or zsh. Default: that of $SHELL.', ignoreStdin: true }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    const shell = args.shell ?? process.env.SHELL?.replace(/^.*\//, '');
    const script = SHELLS.find((known) => known === shell);
    if (!script) throw unknownShell(args.shell);
    this.log(SCRIPTS[script](completedCommands(this.config.commands as never)).trimEnd());
  }
}

function unknownShell(shell: string | undefined): TsexposeError {
  const message = `Expected bash, fish or zsh, got ${shell === undefined ? 'nothing' : JSON.stringify(shell)}.`;
  const suggestions = SHELLS.map((known) => `tsexpose completion ${known}`);
  return new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions });
}
