import { TsexposeError } from '../errors.ts';
import { nearest } from './flags/suggestion.ts';

/** Flags of the program itself, if they come first. */
const PROGRAM_FLAGS = new Set(['--help', '-h', '--version', '-v']);

/** Returns whether a command line asks for the version. */
export const isVersion = ([first]: readonly string[]): boolean => first === '--version' || first === '-v';

/**
 * Inserts the default command: `tsexpose 3000 --name x` means `tsexpose expose 3000 --name x`, and the target and the
 * flags may come in any order. Command lines that start with a command, `--help` or `--version` stay as they are. Two
 * words that name a command become its ID (`chat join` is `chat:join`), and `help status` means `status --help`.
 *
 * The command must come first: a word after a flag may be that flag's value, so `--name demo` never starts the demo.
 *
 * @example
 * ```ts
 * withDefaultCommand(['3000'], ['expose', 'status']); // ['expose', '3000']
 * ```
 */
export function withDefaultCommand(argv: readonly string[], commands: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (commands.includes(`${first}:${rest[0]}`)) return [`${first}:${rest[0]}`, ...rest.slice(1)];
  if (first === 'help' && commands.includes(rest.join(':'))) return [rest.join(':'), '--help'];
  if (first === 'help') return [...rest.filter((word) => commands.includes(word)).slice(0, 1), '--help'];
  // A word that only begins commands has no help of its own.
  if (rest[0] === '--help' && membersOf(first!, commands).length > 0) return rest;
  if (first !== undefined && (commands.includes(first) || PROGRAM_FLAGS.has(first))) return [...argv];
  return ['expose', ...argv];
}

/**
 * Refuses a word that only begins commands, such as `service` without `install`.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_USAGE`
 */
export function checkTopic([first = '', second = '', ...rest]: readonly string[], commands: readonly string[]): void {
  const members = membersOf(first, commands);
  if (members.length === 0 || members.includes(`${first} ${second}`)) return;
  const isWord = second !== '' && !second.startsWith('-');
  const message = isWord ? `Unknown command: ${first} ${second}` : `Expected a command after ${first}.`;
  const near = isWord ? nearest(`${first} ${second}`, members) : undefined;
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, {
    suggestions: near
      ? [['tsexpose', near, ...rest].join(' ')]
      : members.map((command) => `tsexpose ${command} --help`),
  });
}

/** Returns the commands that begin with a word which is none itself, such as `service install` for `service`. */
function membersOf(first: string, commands: readonly string[]): string[] {
  if (commands.includes(first)) return [];
  return commands.filter((id) => id.startsWith(`${first}:`)).map((id) => id.replace(':', ' '));
}
