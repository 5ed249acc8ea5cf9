import type { Command, Config } from '@oclif/core';
import { CommandHelp, Help } from '@oclif/core/help';

/** An example: a command line, and what it does. */
export interface Example {
  command: string;
  description: string;
}

/** Help for one command, with the examples at the top, where most people look first. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections().filter(({ header }) => header !== 'DESCRIPTION');
    const rank = (header: string) => (header === 'EXAMPLES' ? 0 : 1);
    return sections.sort((a, b) => rank(a.header) - rank(b.header));
  }

  /** Shortens the headings of flag groups: `ACCESS`, not `ACCESS FLAGS`. */
  override section(...[header, body]: Parameters<CommandHelp['section']>): string {
    return super.section(header.replace(/(?<=.) FLAGS$/, ''), body);
  }

  protected override examples(examples: Command.Example[] | string | undefined): string | undefined {
    return this.renderList(
      (examples as Example[]).map(({ command, description }) => [`$ ${command}`, description]),
      { indentation: 2, spacer: '\n' },
    );
  }

  /** Puts the environment variable after the description, where oclif puts it before. */
  protected override flags(flags: Parameters<CommandHelp['flags']>[0]): ReturnType<CommandHelp['flags']> {
    return super.flags(
      flags.map((flag) => ({
        ...flag,
        description: flag.env ? `${flag.description} ($${flag.env})` : flag.description,
        env: undefined,
      })),
    );
  }

  protected override usage(): string {
    return `$ ${this.config.bin} ${this.command.usage}`;
  }
}

/** Groups of flags on the program's own page; the others would push the commands out of sight. */
const FIRST_GROUPS = ['node', 'output'];

/** The program's help: that of the default command, followed by the other commands. */
export class ProgramHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;

  constructor(config: Config) {
    super(config, { flagSortOrder: 'none' });
  }

  override async showRootHelp(): Promise<void> {
    const command = this.config.findCommand('expose', { must: true });
    const flags = Object.entries(command.flags).filter(([, flag]) => FIRST_GROUPS.includes(flag.helpGroup ?? ''));
    const brief = { ...command, flags: Object.fromEntries(flags) };
    this.log(`${this.config.pjson.description}\n`);
    this.log(`${this.formatCommand(brief)}\n`);
    this.log(`${this.formatCommands(this.sortedCommands)}\n`);
    this.log('Flags for ports, HTTPS, access and headers: tsexpose expose --help');
    this.log('Help for a command: tsexpose COMMAND --help');
  }
}
