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
  if (first !== undefined && (commands.includes(first) || PROGRAM_FLAGS.has(first))) return [...argv];
  return ['expose', ...argv];
}
