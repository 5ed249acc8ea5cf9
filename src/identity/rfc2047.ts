/**
 * RFC 2047 "Q" encoding of header values, byte for byte as Go's `mime.QEncoding.Encode("utf-8", …)`: services that
 * already decode the headers of `tailscale serve` decode ours.
 */

const OPEN = '=?utf-8?q?';
const CLOSE = '?=';
// RFC 2047 §2: an encoded-word is at most 75 characters long.
const MAX_CONTENT = 75 - OPEN.length - CLOSE.length;

const PRINTABLE = /^[\t\x20-\x7e]*$/;
const utf8 = new TextEncoder();

/**
 * Makes any text safe as a header value: ASCII stays as it is, text with other characters becomes encoded-words
 * joined by a space, and text that is not well-formed Unicode becomes an empty string.
 *
 * @example
 * ```ts
 * encodeHeaderValue('José Müller'); // '=?utf-8?q?Jos=C3=A9_M=C3=BCller?='
 * ```
 */
export function encodeHeaderValue(text: string): string {
  if (PRINTABLE.test(text)) return text;
  if (!isWellFormed(text)) return '';
  let encoded = OPEN;
  let length = 0;
  // Iterates code points: a character is never split across two encoded-words (RFC 2047 §5.3).
  for (const character of text) {
    const word = encodeCharacter(character);
    if (length + word.length > MAX_CONTENT) {
      encoded += `${CLOSE} ${OPEN}`;
      length = 0;
    }
    encoded += word;
    length += word.length;
  }
  return encoded + CLOSE;
}

function encodeCharacter(character: string): string {
  if (character === ' ') return '_';
  if (character >= '!' && character <= '~' && character !== '=' && character !== '?' && character !== '_') {
    return character;
  }
  let word = '';
  for (const byte of utf8.encode(character)) word += `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return word;
}

// The lib of TypeScript's ES2023 does not know String.prototype.isWellFormed, which Node has since 20.
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
