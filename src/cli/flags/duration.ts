const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Longest delay that Node.js timers keep; a longer one would fire at once. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Reads a duration such as `500ms`, `30s`, `1m30s` or `2h` as milliseconds; a bare number is seconds.
 * Returns undefined for anything else, and for what is longer than 24 days.
 *
 * @example
 * ```ts
 * parseDuration('1m30s'); // 90_000
 * ```
 */
export function parseDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return inRange(Number(text) * UNITS.s);
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    total += Number(amount) * UNITS[unit as keyof typeof UNITS];
  }
  return inRange(Math.round(total));
}

function inRange(ms: number): number | undefined {
  return ms <= MAX_MS ? ms : undefined;
}
