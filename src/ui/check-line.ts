import { printable } from './printable.ts';

/** The result of one check. */
export interface CheckResult {
  /** What was checked, such as `control server`. */
  about: string;
  /** `note`: works, or will, but is worth knowing. `fault`: no node starts until this is fixed. */
  verdict: 'ok' | 'note' | 'fault';
  message: string;
  /** Steps that fix it, the best first. */
  suggestions: string[];
}

const WIDTH = 'control server'.length;

/** Returns a result as lines: the verdict, the subject and the message, and below them the suggestions. */
export function checkText({ about, verdict, message, suggestions }: CheckResult): string {
  const head = `${verdict.padEnd('fault'.length)}  ${about.padEnd(WIDTH)}  ${printable(message)}`;
  const indent = ' '.repeat('fault'.length + WIDTH + 4);
  const steps = suggestions.map((step, index) => `${indent}${index === 0 ? 'try: ' : '     '}${printable(step)}`);
  return [head, ...steps].join('\n');
}
