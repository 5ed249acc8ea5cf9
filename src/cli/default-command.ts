/** Flags that concern the whole program when they come first. */
const PROGRAM_FLAGS = new Set(['--help', '-h', '--version', '-v']);

/**
 * Inserts the default command: `tsexpose 3000 --name x` means `tsexpose expose 3000 --name x`, in whatever order the
 * target and the flags come. What already names a command, and the program's own `--help` and `--version`, stay as
 * they are, and two words that name one become its ID: `chat join` is `chat:join`. `help` as a word works too:
 * `tsexpose help status`.
 *
 * A command has to come first: a word after a flag may be that flag's value, so `--name demo` never starts the demo.
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
