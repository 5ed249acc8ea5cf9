import { distance } from 'fastest-levenshtein';

/**
 * Returns the candidate that a mistyped word most likely meant; undefined when none is close.
 *
 * @example
 * ```ts
 * nearest('stauts', ['status', 'list']); // 'status'
 * ```
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // One slip in three letters still reads as the word; more is another word.
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (slips < fewest) [best, fewest] = [candidate, slips];
  }
  return best;
}

/** Letters in the wrong order count as one slip, where Levenshtein's distance counts two. */
function slipsBetween(a: string, b: string): number {
  const edits = distance(a, b);
  return edits === 2 && sorted(a) === sorted(b) ? 1 : edits;
}

const sorted = (word: string) => [...word].sort().join('');
