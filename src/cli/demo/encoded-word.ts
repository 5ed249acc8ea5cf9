/**
 * Reads a header value that may be RFC 2047 encoded, as names outside ASCII are in `Tailscale-User-Name`.
 *
 * @example
 * ```ts
 * decodeWords('=?utf-8?q?Zo=C3=AB?='); // 'Zoë'
 * ```
 */
export function decodeWords(value: string): string {
  // Long values are several words with a space between them that belongs to neither (section 6.2).
  const joined = value.replace(/\?=\s+=\?utf-8\?q\?/gi, '');
  return joined.replace(/=\?utf-8\?q\?([^?]*)\?=/gi, (_, word: string) => {
    const bytes = word
      .replace(/_/g, ' ')
      .replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  });
}
