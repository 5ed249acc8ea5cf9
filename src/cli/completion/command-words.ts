import type { Command } from '@oclif/core';

/** What a value can be completed with. */
export type Values = readonly string[] | 'file' | 'directory' | 'node' | undefined;

/** A flag as a shell completes it. */
export interface CompletedFlag {
  /** Without its dashes. */
  name: string;
  /** Its short form, without the dash. */
  char: string | undefined;
  description: string;
  /** A word for its value; undefined if it has none. */
  value: string | undefined;
  values: Values;
  repeatable: boolean;
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** `chat join` */
  words: string;
  summary: string;
  flags: CompletedFlag[];
  /** What its arguments are completed with. */
  argument: Values;
}

/** Shells that there are completions for. */
export const SHELLS = ['bash', 'fish', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** What the arguments of commands are completed with. */
const ARGUMENTS: Record<string, Values> = {
  ...{ expose: 'file', ci: 'file', 'service install': 'file', completion: SHELLS },
  ...{ stop: 'node', logs: 'node' },
};
/** Commands whose `--name` is that of a running node. */
const ASKING = ['status', 'whois'];

/** Returns what a shell completes, from the manifest. */
export function completedCommands(commands: readonly Command.Cached[]): CompletedCommand[] {
  return commands.map(({ id, summary = '', flags }) => {
    const words = id.replaceAll(':', ' ');
    return {
      ...{ words, summary, argument: ARGUMENTS[words] },
      flags: [...Object.values(flags).map((flag) => completedFlag(flag as Flag, words)), HELP],
    };
  });
}

/** A flag as the manifest has it. */
interface Flag extends Pick<Command.Flag.Cached, 'name' | 'type' | 'char' | 'description'> {
  helpValue?: string;
  options?: readonly string[];
  multiple?: boolean;
}

const HELP: CompletedFlag = {
  ...{ name: 'help', char: 'h', description: 'Show help.', value: undefined, values: undefined, repeatable: false },
};

function completedFlag({ name, type, char, description = '', helpValue = 'VALUE', ...rest }: Flag, words: string) {
  const value = type === 'option' ? helpValue : undefined;
  const values = name === 'name' && ASKING.includes(words) ? 'node' : valuesOf(value, rest.options);
  return { name, char, description, value, values, repeatable: rest.multiple ?? false };
}

function valuesOf(word: string | undefined, options: readonly string[] | undefined): Values {
  if (word === 'FILE') return 'file';
  if (word === 'DIR') return 'directory';
  return options ?? (/^[a-z0-9]+(\|[a-z0-9]+)+$/.test(word ?? '') ? word!.split('|') : undefined);
}

/** Returns the first words of all commands, and the commands of two words. */
export function splitCommands(commands: readonly CompletedCommand[]): { first: string[]; pairs: CompletedCommand[] } {
  const first = new Set(commands.map(({ words }) => words.split(' ')[0]!));
  return { first: [...first], pairs: commands.filter(({ words }) => words.includes(' ')) };
}

/** Returns a text as a word of any of the shells. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
