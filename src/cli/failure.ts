import { stripVTControlCharacters } from 'node:util';
import { EXIT, MORE_FILES, redact, TsexposeError } from '../errors.ts';
import type { ErrorFacts } from '../ui/error-text.ts';
import type { FlagVariable } from './flags/environment.ts';
import { nearest } from './flags/suggestion.ts';

/** A flag as the command defines it. */
interface Flag {
  type: 'boolean' | 'option';
  helpValue?: string;
  options?: readonly string[];
}

/** What the parser's errors carry besides their message. */
interface ParseError extends Error {
  flags?: string[];
  args?: (string | { name: string })[];
  parse?: { input?: { flags?: Record<string, Flag>; args?: Record<string, unknown> } };
}

/** Returns the exit code for an error. */
export function exitCodeOf(error: unknown): number {
  if (isAbort(error)) return EXIT.interrupted;
  return (error as { oclif?: { exit?: number } }).oclif?.exit ?? EXIT.failed;
}

/** Returns whether the user stopped the command, so that there is nothing to explain. */
export function isAbort(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ABORT_ERR';
}

/** Flags of the program itself. */
const PROGRAM_FLAGS = ['--help', '--version'];
/** What other programs call `tsexpose`, with the flags that they mean. */
const SYNONYMS: Record<string, string[]> = {
  funnel: ['--funnel'],
  ...Object.fromEntries(['http', 'publish', 'serve', 'share', 'tunnel', 'up'].map((word) => [word, []])),
};
/** Programs that start apps. */
const RUNNERS = new Set(
  'bun bundle cargo deno docker flask go node npm npx php pnpm python python3 ruby yarn'.split(' '),
);
/** Commands that take what follows them. */
const TAKES_WORDS = new Set(['expose', 'connect', 'doctor', 'whois']);

/** What the user typed, as far as it was understood. */
export interface Typed {
  /** ID of the command, such as `chat:join`. */
  command?: string | undefined;
  /** The IDs of all commands. */
  commands?: readonly string[];
  /** A command line that works, from the command's help. */
  example?: string | undefined;
  /** The words before `--`. */
  words?: readonly string[];
  /** The variables that gave flags their values. */
  variables?: readonly FlagVariable[];
}

/** Returns whether an error is of oclif's parser, which most starts need not load. */
function isParseError(error: unknown): error is ParseError {
  return error instanceof Error && 'oclif' in error && !(error instanceof TsexposeError);
}

/** Returns what to tell the user about an error. */
export function factsOf(error: unknown, typed: Typed = {}): ErrorFacts {
  if (isParseError(error)) return factsOf(usageError(error, typed));
  if (!(error instanceof Error)) return { message: String(error), suggestions: [] };
  const { code, cause } = error as Partial<TsexposeError>;
  const { suggestions = (code as string) === 'EMFILE' ? MORE_FILES : [] } = error as Partial<TsexposeError>;
  // An error without a code is a defect, and a report needs its stack.
  const message = redact(code ? blame(error.message, typed) : (error.stack ?? error.message));
  const below = cause instanceof Error ? redact(cause.message) : undefined;
  return {
    message,
    code,
    suggestions: suggestions.map(redact),
    cause: below && !message.includes(below) ? below : undefined,
  };
}

/** Returns oclif's error about the command line with a code and suggestions. */
function usageError(error: ParseError, typed: Typed): TsexposeError {
  const { command = 'expose' } = typed;
  const help = command === 'expose' ? 'tsexpose --help' : `tsexpose ${command.replaceAll(':', ' ')} --help`;
  const { message, suggestion } = explain(error, typed);
  return new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: suggestion ? [suggestion, help] : [help] });
}

function explain(error: ParseError, typed: Typed): { message: string; suggestion?: string | undefined } {
  switch (error.constructor.name) {
    case 'NonExistentFlagsError': {
      // The value after `=` may be a secret.
      const flags = error.flags!.map((flag) => flag.replace(/=.*/s, ''));
      return {
        message: `Nonexistent flag${plural(flags)}: ${flags.join(', ')}`,
        suggestion: flagLike(flags[0]!, error),
      };
    }
    case 'UnexpectedArgsError':
      return unknownCommand(error, typed) ?? { message: messageOf(error), suggestion: commandWith(error, typed) };
    case 'RequiredArgsError': {
      const args = error.args!.map((arg) => (typeof arg === 'string' ? arg : arg.name));
      const message = `Missing ${args.length} required arg${plural(args)}: ${args.join(', ')}`;
      return { message, suggestion: typed.example };
    }
    default:
      return { message: messageOf(error) };
  }
}

/** Returns the flag that a mistyped one most likely meant, with a value; for `--no-x`, what turns `--x` off. */
function flagLike(word: string, { parse }: ParseError): string | undefined {
  const flags = parse?.input?.flags ?? {};
  const negated = flags[word.replace(/^--no-/, '')];
  if (negated && word.startsWith('--no-')) return turnOff(word.slice('--no-'.length), negated);
  const name = nearest(word, [...Object.keys(flags).map((flag) => `--${flag}`), ...PROGRAM_FLAGS]);
  if (name && PROGRAM_FLAGS.includes(name)) return `tsexpose ${name}`;
  const flag = flags[name?.slice(2) ?? ''];
  return flag?.type === 'option' ? `${name} ${valuesOf(flag)[0] ?? 'VALUE'}` : name;
}

function turnOff(name: string, flag: Flag): string {
  return valuesOf(flag).includes('off') ? `--${name} off` : `Leave out --${name}.`;
}

/** The values that a flag can have, or a word for them. */
function valuesOf({ options, helpValue }: Flag): readonly string[] {
  return options ?? helpValue?.split('|') ?? [];
}

/** Says that the first word is not a command, if it was meant as one or as the app's own: `exopse 3000`, `npm start`. */
function unknownCommand({ args = [] }: ParseError, { command, commands = [], words = [] }: Typed) {
  const [first = '', second] = words;
  if (command !== 'expose' || !/^[a-z][a-z-]*$/i.test(first) || commands.includes(first)) return undefined;
  const message = `Unknown command: ${first}`;
  const rest = args.map(String);
  const flags = Object.hasOwn(SYNONYMS, first) ? SYNONYMS[first] : undefined;
  if (flags !== undefined) return { message, suggestion: ['tsexpose', ...rest, ...flags].join(' ') };
  if (RUNNERS.has(first)) return { message, suggestion: ['tsexpose', '--', ...words].join(' ') };
  const near = nearest(first, commands);
  if (near === undefined) return undefined;
  const own = commands.includes(`${near}:${second}`) || TAKES_WORDS.has(near) ? [near, ...rest] : [near];
  return { message, suggestion: ['tsexpose', ...own].join(' ') };
}

/** Returns a message that names the variable where the user typed no flag. */
function blame(message: string, { variables = [] }: Typed): string {
  const lines = message.split('\n').map((line) => {
    for (const { flag, name, value } of variables) {
      const named = new RegExp(`(?<![\\w-])--${flag}(?![\\w-])`, 'g');
      if (named.test(line)) return line.replace(named, name);
      const quoted = value.split(',').some((part) => line.includes(`got ${JSON.stringify(part.trim())}`));
      if (quoted && !line.includes(name)) return `${name}: ${line}`;
    }
    return line;
  });
  return lines.join('\n');
}

/** Returns the command that an argument too many most likely belongs to: `chat joun` or `status myapp`. */
function commandWith({ args = [], parse }: ParseError, { command = 'expose', commands = [] }: Typed) {
  const words = command.replaceAll(':', ' ');
  const near = nearest(`${command}:${args[0]}`, commands)?.replaceAll(':', ' ');
  if (near?.startsWith(`${words} `)) return `tsexpose ${near}`;
  const input = parse?.input;
  const isName = args.length === 1 && Object.keys(input?.args ?? {}).length === 0 && 'name' in (input?.flags ?? {});
  return isName ? `tsexpose ${words} --name ${args[0]}` : undefined;
}

/** Returns oclif's message as one line per problem, without its layout. */
function messageOf({ message }: Error): string {
  return stripVTControlCharacters(message)
    .replace(/\nSee more help with --help$/, '')
    .replace(/^The following errors? occurred:\n/, '')
    .replace(/^Parsing (--\S+)\s+Expected (.*) but received: (.*)$/s, 'Expected $2 for $1, got $3.')
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .join('\n');
}

const plural = (list: string[]) => (list.length === 1 ? '' : 's');
