const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** The longest delay that Node.js timers support. A longer one fires immediately. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Parses a duration such as `500ms`, `30s`, `1m30s` or `2h` into milliseconds; a bare number is in seconds.
 * Returns undefined for anything else, and for more than 24 days.
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
