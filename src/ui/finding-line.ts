import { printable } from './printable.ts';

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, such as `control server`. */
  about: string;
  /** `note`: works, or will, but somebody should know. `fault`: no node comes up before this is cured. */
  verdict: 'ok' | 'note' | 'fault';
  message: string;
  /** Steps that cure it, the best first. */
  suggestions: string[];
}

const WIDTH = 'control server'.length;

/** A finding as lines: verdict, what it is about, the words, and below them the cures. */
export function findingText({ about, verdict, message, suggestions }: Finding): string {
  const head = `${verdict.padEnd('fault'.length)}  ${about.padEnd(WIDTH)}  ${printable(message)}`;
  const indent = ' '.repeat('fault'.length + WIDTH + 4);
  const cures = suggestions.map((cure, index) => `${indent}${index === 0 ? 'try: ' : '     '}${printable(cure)}`);
  return [head, ...cures].join('\n');
}
