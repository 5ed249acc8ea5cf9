import { printable } from './printable.ts';

/** Colors and other styles (SGR), which do nothing but style text. */
const STYLE = /(\u001b\[[\d;:]*m)/;
/** Every other escape sequence. */
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g;
const RESET = '\u001b[0m';

/**
 * Returns a line that an app printed, with its styles but without sequences that move the cursor, clear the terminal, or do
 * anything else to it.
 *
 * @param color Whether to keep the styles.
 */
export function styledLine(line: string, color: boolean): string {
  // What a progress bar has overwritten would not be there either.
  const last = line.replace(/\r+$/, '').split('\r').at(-1)!;
  const parts = last.split(STYLE).map((part, index) => {
    if (index % 2 === 1) return color ? part : '';
    // rule: what an app prints does not act on the terminal of the screen — mutate: printable( => String(
    return printable(part.replace(SEQUENCE, '').replaceAll('\t', '    '));
  });
  const text = parts.join('');
  return text.includes('\u001b') ? text + RESET : text;
}
