import { printable } from './printable.ts';

/** What an error tells the person who reads it. */
export interface ErrorFacts {
  message: string;
  code?: string;
  /** Commands or steps that cure it, the best first. */
  suggestions: string[];
  /** What the error underneath says, where it says more. */
  cause?: string;
}

/**
 * An error as text: the sentence first, then the cure, then what a search or a report needs.
 *
 * @example
 * ```text
 * error: Expected a port from 1 to 65535, got 0.
 *   try: tsexpose 3000
 *   code: ERR_TSEXPOSE_INVALID_TARGET
 * ```
 */
export function errorText({ message, code, suggestions, cause }: ErrorFacts): string {
  const [first = '', ...more] = message.split('\n').map(printable);
  const lines = [`error: ${first}`, ...more.map((line) => `       ${line}`)];
  if (cause) lines.push(`  cause: ${printable(cause)}`);
  suggestions.forEach((suggestion, index) => {
    lines.push(`${index === 0 ? '  try: ' : '       '}${printable(suggestion)}`);
  });
  if (code) lines.push(`  code: ${code}`);
  return lines.join('\n');
}
