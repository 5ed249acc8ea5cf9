/**
 * C0 and C1 controls could move the cursor or start an escape sequence; line separators could forge a log line;
 * bidirectional controls could make one name look like another (CVE-2021-42574). They are shown escaped.
 */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Escapes a text from outside (a path, a name, a header), so that it is safe for a terminal and stays on one line of a
 * log.
 *
 * @example
 * ```ts
 * printable('a\u001b[2Jb'); // 'a\\u001b[2Jb'
 * ```
 */
export function printable(text: string): string {
  // rule: controls, line separators, and bidirectional controls are escaped — mutate: UNPRINTABLE => /[\0-\x1f\x7f]/g
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Returns one line of JSON that is safe for a terminal too: JSON reads the escapes of {@link printable} as its own. */
export function jsonLine(value: unknown): string {
  // rule: JSON on a terminal is escaped too — mutate: printable(JSON.stringify(value)) => JSON.stringify(value)
  return printable(JSON.stringify(value));
}
