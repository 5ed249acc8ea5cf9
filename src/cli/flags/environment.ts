import { TsexposeError } from '../../errors.ts';
import { Problems } from '../../problems.ts';

/** A flag as the command declares it. */
interface Flag {
  type: 'boolean' | 'option';
  char?: string | undefined;
  env?: string | undefined;
}

// The words that the parser knows. An empty variable counts as unset.
const TRUE = /^(true|1|yes|y)$/i;
const FALSE = /^(false|0|no|n|)$/i;

/** Whether the variable of a flag without a value sets the flag. */
export function isTrue(text = ''): boolean {
  return TRUE.test(text);
}

/**
 * Checks the variables of flags without a value. The parser takes every word that it does not know for false, so
 * `TSEXPOSE_REQUIRE_IDENTITY=on` would let everyone in.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_USAGE`
 */
export function checkEnvironment(flags: Record<string, Flag>, env: NodeJS.ProcessEnv): void {
  const problems = new Problems();
  for (const { type, env: name } of Object.values(flags)) {
    const text = name === undefined ? '' : (env[name] ?? '');
    if (type !== 'boolean' || isTrue(text) || FALSE.test(text)) continue;
    problems.check(() => {
      const message = `Expected true or false in ${name}, got ${JSON.stringify(text)}.`;
      throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, { suggestions: [`export ${name}=true`] });
    });
  }
  problems.throw();
}

/** A variable that gives a flag its value. */
export interface FlagVariable {
  /** Without its dashes. */
  flag: string;
  name: string;
  value: string;
}

/** Returns whether a flag is among the words of a command line. */
export function isTyped(words: readonly string[], flag: string, char?: string): boolean {
  return words.some(
    (word) =>
      word === `--${flag}` || word.startsWith(`--${flag}=`) || (char !== undefined && word.startsWith(`-${char}`)),
  );
}

/** Returns the variables of the flags that were not typed. */
export function variablesOf(
  flags: Record<string, Flag>,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): FlagVariable[] {
  return Object.entries(flags).flatMap(([flag, { char, env: name }]) => {
    const value = name === undefined ? undefined : env[name];
    return name !== undefined && value && !isTyped(words, flag, char) ? [{ flag, name, value }] : [];
  });
}
