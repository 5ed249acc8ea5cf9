import { printable } from './printable.ts';

/** What an error tells the user. */
export interface ErrorFacts {
  message: string;
  code?: string;
  /** Commands or steps that fix it, the best first. */
  suggestions: string[];
  /** The message of the underlying error, if it adds anything. */
  cause?: string;
}

/**
 * Returns an error as text: the message first, then how to fix it, then the code to search for or report.
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
