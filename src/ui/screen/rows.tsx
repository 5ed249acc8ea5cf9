import type { JSX } from 'react';
import stringWidth from 'string-width';

/** A part of the screen that is shown as a whole, or left out. */
export interface Row {
  key: string;
  /** What has a lower rank is kept longer in a small terminal. */
  rank: number;
  /** Lines that it takes. @default 1 */
  height?: number;
  node?: JSX.Element;
}

/** Returns the rows that fit into a number of lines, in their order: the most important ones. */
export function fittingRows(rows: readonly Row[], lines: number): Row[] {
  const kept = new Set<Row>();
  let free = lines;
  for (const row of [...rows].sort((a, b) => a.rank - b.rank)) {
    const { height = 1 } = row;
    if (height > free) continue;
    free -= height;
    kept.add(row);
  }
  return rows.filter((row) => kept.has(row));
}

/** Returns how many lines a text without spaces takes. */
export function linesOf(text: string, columns: number): number {
  return Math.max(1, Math.ceil(stringWidth(text) / Math.max(1, columns)));
}
