/** What bin/run.js runs: the program with its commands, which are loaded only to run one. */
import { main } from './cli/main.ts';

/** Loads the commands. */
export const loadCommands = async () => (await import('./commands/index.ts')).COMMANDS;

/** Runs a command line, given without the program's name, and resolves with the exit code. */
export const run = (argv: readonly string[]): Promise<number> => main(argv, loadCommands);
