/**
 * Decodes a header value that may be RFC 2047 encoded, as non-ASCII names in `Tailscale-User-Name` are.
 *
 * @example
 * ```ts
 * decodeWords('=?utf-8?q?Zo=C3=AB?='); // 'Zoë'
 * ```
 */
export function decodeWords(value: string): string {
  // Whitespace between two encoded words is not part of the value (section 6.2).
  const joined = value.replace(/\?=\s+=\?utf-8\?q\?/gi, '');
  return joined.replace(/=\?utf-8\?q\?([^?]*)\?=/gi, (_, word: string) => {
    const bytes = word
      .replace(/_/g, ' ')
      .replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  });
}
