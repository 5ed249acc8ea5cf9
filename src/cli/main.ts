import type { Config } from '@oclif/core';
import { EXIT } from '../errors.ts';
import { leaveLostTerminal } from '../native/standard-streams.ts';
import { errorText } from '../ui/error-text.ts';
import { plainLines } from '../ui/plain.ts';
import { jsonLine } from '../ui/printable.ts';
import { launcher } from './background/launcher.ts';
import { LogRotation } from './background/log-rotation.ts';
import { checkTopic, isVersion, withDefaultCommand } from './default-command.ts';
import { exitCodeOf, factsOf, isAbort, type Typed } from './failure.ts';
import { checkEnvironment, isTrue, variablesOf } from './flags/environment.ts';
import type { Example } from './help.ts';
import { type CommandTable, program, userAgent } from './program.ts';
import { FileOutput } from './screen/file-output.ts';
import { LineWriter } from './screen/line-writer.ts';
import { writeError } from './screen/log-line.ts';

type LoadCommands = () => Promise<CommandTable>;

/**
 * Runs a command line, given without the program's name, and resolves with the exit code.
 *
 * @example
 * ```ts
 * process.exit(await main(['3000', '--name', 'myapp'], loadCommands));
 * ```
 */
export async function main(argv: readonly string[], loadCommands: LoadCommands): Promise<number> {
  process.once('exit', leaveLostTerminal);
  const background = launcher();
  const rotation = background && new LogRotation(background.log);
  const onWritten = rotation && ((bytes: number) => rotation.wrote(bytes));
  const onDropped = ({ code, message }: NodeJS.ErrnoException) => {
    const text = `Standard output cannot be written, so lines are missing from it: ${message}`;
    for (const line of plainLines({ event: 'warning', code: code!, message: text }, new Date())) writeError(line.text);
  };
  const file = new FileOutput(process.stdout, onDropped, onWritten);
  new FileOutput(process.stderr, () => {}, onWritten);
  // `tsexpose … | head` closes them early, which is not an error.
  const out = new LineWriter(process.stdout);
  const err = new LineWriter(process.stderr);
  const ownWords = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  let code: number = EXIT.done;
  const typed: Typed = { words: ownWords };
  try {
    code = await dispatch(argv, ownWords, loadCommands, typed);
  } catch (error) {
    code = exitCodeOf(error);
    if (!isAbort(error)) {
      const facts = factsOf(error, typed);
      if (ownWords.includes('--json') || isTrue(process.env.TSEXPOSE_JSON))
        out.write(jsonLine({ event: 'error', ...facts }));
      err.write(errorText(facts));
      await background?.tell({ error: facts });
    }
  }
  await Promise.all([out.flush(), err.flush()]);
  return code === EXIT.done && file.dropped ? EXIT.failed : code;
}

/** @param typed Filled in with what the words mean. */
async function dispatch(
  argv: readonly string[],
  ownWords: readonly string[],
  loadCommands: LoadCommands,
  typed: Typed,
): Promise<number> {
  if (isVersion(argv)) {
    process.stdout.write(`${userAgent()}\n`);
    return EXIT.done;
  }
  const config = program();
  const [first, ...rest] = withDefaultCommand(argv, config.commandIDs);
  const command = config.findCommand(first!);
  const [example] = (command?.examples ?? []) as Example[];
  Object.assign(typed, { command: first, commands: config.commandIDs, example: example?.command });
  if (first === '--help' || first === '-h' || rest[0] === '--help' || ownWords.some(isHelp)) {
    await showHelp(config, first);
    return EXIT.done;
  }
  checkTopic(argv, config.commandIDs);
  const flags = command?.flags ?? {};
  Object.assign(typed, { variables: variablesOf(flags, ownWords, process.env) });
  checkEnvironment(flags, process.env);
  const commands = await loadCommands();
  const result = await new commands[first!]!(rest, config).run();
  return typeof result === 'number' ? result : EXIT.done;
}

const isHelp = (word: string) => word === '--help' || word === '-h';

async function showHelp(config: Config, id: string | undefined): Promise<void> {
  const { ProgramHelp } = await import('./help.ts');
  const help = new ProgramHelp(config);
  const command = id && config.findCommand(id);
  if (command) await help.showCommandHelp(command);
  else await help.showRootHelp();
}
