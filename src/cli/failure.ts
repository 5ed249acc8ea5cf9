import * as Errors from '@oclif/core/errors';
import { EXIT, redact, TsexposeError } from '../errors.ts';
import type { ErrorFacts } from '../ui/error-text.ts';
import { nearest } from './suggestion.ts';

/** What the parser's errors carry besides their message. */
interface ParseError extends Errors.CLIError {
  flags?: string[];
  args?: string[];
  parse?: { input?: { flags?: Record<string, unknown>; args?: Record<string, unknown> } };
}

/** The exit code that an error ends the program with. */
export function exitCodeOf(error: unknown): number {
  if (isAbort(error)) return EXIT.interrupted;
  return (error as { oclif?: { exit?: number } }).oclif?.exit ?? EXIT.failed;
}

/** Whether somebody asked for the end, so that there is nothing to explain. */
export function isAbort(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ABORT_ERR';
}

/** What was typed, as far as it was understood. */
export interface Typed {
  /** ID of the command, such as `chat:join`. */
  command?: string | undefined;
  /** The IDs that there are. */
  commands?: readonly string[];
}

/** What an error tells the person who typed the command. */
export function factsOf(error: unknown, typed: Typed = {}): ErrorFacts {
  if (error instanceof Errors.CLIError && !(error instanceof TsexposeError)) return factsOf(usageError(error, typed));
  if (!(error instanceof Error)) return { message: String(error), suggestions: [] };
  const { code, suggestions = [], cause } = error as Partial<TsexposeError>;
  // Without a code it is nothing that anybody foresaw: the trace is what a report needs.
  const message = redact(code ? error.message : (error.stack ?? error.message));
  const below = cause instanceof Error ? redact(cause.message) : undefined;
  return {
    message,
    code,
    suggestions: suggestions.map(redact),
    cause: below && !message.includes(below) ? below : undefined,
  };
}

/** The parser's complaint in this program's words. */
function usageError(error: ParseError, { command = 'expose', commands = [] }: Typed): TsexposeError {
  const words = command.replaceAll(':', ' ');
  const help = command === 'expose' ? 'tsexpose --help' : `tsexpose ${words} --help`;
  const usage = (message: string, cure?: string) =>
    new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: cure ? [cure, help] : [help] });
  const [flag] = error.flags ?? [];
  if (flag) {
    const word = flag.replace(/=.*/s, '');
    const near = nearest(
      word,
      Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`),
    );
    return usage(`Expected a known flag, got ${word}.`, near);
  }
  if (error.constructor.name === 'UnexpectedArgsError') {
    const [extra = ''] = error.args ?? [];
    const near = nearest(`${command}:${extra}`, commands)?.replaceAll(':', ' ');
    const { flags = {}, args = {} } = error.parse?.input ?? {};
    const isName = error.args?.length === 1 && Object.keys(args).length === 0 && 'name' in flags;
    const cure = near?.startsWith(`${words} `)
      ? `tsexpose ${near}`
      : isName
        ? `tsexpose ${words} --name ${extra}`
        : undefined;
    return usage(`Expected nothing more, got ${error.args?.join(' ')}.`, cure);
  }
  const message = error.message
    .replace(/\nSee more help with --help/g, '')
    .replace(/^Parsing (--\S+)\s+Expected (.*) but received: (.*)$/s, 'Expected $2 for $1, got $3')
    .replace(/^Flag (--\S+) expects a value$/, 'Expected a value after $1, got none')
    .replace(/\s+/g, ' ')
    .trim();
  return usage(message.endsWith('.') ? message : `${message}.`);
}
