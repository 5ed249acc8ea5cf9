import type { Command, Config } from '@oclif/core';
import { CommandHelp, Help } from '@oclif/core/help';

/** An example: a command line, and what it does. */
export interface Example {
  command: string;
  description: string;
}

/** Help for one command, with what most people look for on top: the examples. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections().filter(({ header }) => header !== 'DESCRIPTION');
    const rank = (header: string) => (header === 'EXAMPLES' ? 0 : 1);
    return sections.sort((a, b) => rank(a.header) - rank(b.header));
  }

  protected override examples(examples: Command.Example[] | string | undefined): string | undefined {
    return this.renderList(
      (examples as Example[]).map(({ command, description }) => [`$ ${command}`, description]),
      { indentation: 2, spacer: '\n' },
    );
  }

  /** The variable stands after what the flag means, not before it. */
  protected override flags(flags: Parameters<CommandHelp['flags']>[0]): ReturnType<CommandHelp['flags']> {
    return super.flags(
      flags.map((flag) => ({
        ...flag,
        description: flag.env ? `${flag.description} ($${flag.env})` : flag.description,
        env: undefined,
      })),
    );
  }

  /** "ACCESS", not "ACCESS FLAGS". */
  override section(header: string, body: Parameters<CommandHelp['section']>[1]): string {
    return super.section(header.replace(/^(.+) FLAGS$/, '$1'), body);
  }

  protected override usage(): string {
    return `$ ${this.config.bin} ${this.command.usage}`;
  }
}

/** The program's help. The default command's help is the program's own, with the other commands beside it. */
export class ProgramHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;

  constructor(config: Config) {
    super(config, { flagSortOrder: 'none' });
  }

  override async showRootHelp(): Promise<void> {
    const command = this.config.findCommand('expose', { must: true });
    // On this page these flags would hide the others.
    const later = ['ports and https', 'access', 'headers'];
    const flags = Object.entries(command.flags).filter(([, flag]) => !later.includes(flag.helpGroup ?? ''));
    const brief = { ...command, flags: Object.fromEntries(flags) };
    this.log(`${this.config.pjson.description}\n`);
    this.log(`${this.formatCommand(brief)}\n`);
    this.log(`${this.formatCommands(this.sortedCommands)}\n`);
    this.log('More flags, for ports, HTTPS, access and headers: tsexpose expose --help');
    this.log('The flags of another command: tsexpose COMMAND --help');
  }
}
