/**
 * RFC 2047 encoded-words in header values. Encodes byte for byte as Go's `mime.QEncoding.Encode("utf-8", …)`, so that
 * apps that decode the headers of `tailscale serve` decode ours; and beyond that, text that already looks encoded.
 */

const OPEN = '=?utf-8?q?';
const CLOSE = '?=';
// RFC 2047 §2: an encoded-word is at most 75 characters long.
const MAX_CONTENT = 75 - OPEN.length - CLOSE.length;

const PRINTABLE = /^[\t\x20-\x7e]*$/;
const utf8 = new TextEncoder();

/**
 * Makes any text safe as a header value: ASCII stays as it is, text with other characters becomes encoded-words
 * joined by a space, and text that is not well-formed Unicode becomes an empty string. ASCII that looks like an
 * encoded-word is encoded too, or an app would decode it to a text that someone else has.
 *
 * @example
 * ```ts
 * encodeHeaderValue('José Müller'); // '=?utf-8?q?Jos=C3=A9_M=C3=BCller?='
 * ```
 */
export function encodeHeaderValue(text: string): string {
  // rule: anything but printable ASCII is encoded, and so is what looks encoded
  // mutate: PRINTABLE.test(text) => !/[^\0-\x7f]/.test(text)
  // mutate:  && !text.includes('=?') =>
  if (PRINTABLE.test(text) && !text.includes('=?')) return text;
  // rule: text that is not well-formed Unicode becomes empty
  if (!isWellFormed(text)) return '';
  let encoded = OPEN;
  let length = 0;
  // Iterates code points: a character is never split across two encoded-words (RFC 2047 §5.3).
  for (const character of text) {
    const word = encodeCharacter(character);
    // rule: an encoded-word is at most 75 characters long
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

// The lib of TypeScript's ES2023 lacks String.prototype.isWellFormed, which Node.js has since 20.
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

const WORD = /=\?([\w-]+)\?([qb])\?([^?]*)\?=/gi;
// RFC 2047 §6.2: white space between two encoded-words is not part of the text.
const BETWEEN_WORDS = /(\?=)\s+(?==\?)/g;

/**
 * Decodes the encoded-words in a header value. Everything else, including words in an unknown charset, stays as it is.
 *
 * @example
 * ```ts
 * decodeHeaderValue('=?utf-8?q?Zo=C3=AB?='); // 'Zoë'
 * ```
 */
export function decodeHeaderValue(value: string): string {
  if (!value.includes('=?')) return value;
  return value.replace(BETWEEN_WORDS, '$1').replace(WORD, (word, charset: string, encoding: string, text: string) => {
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : decodeQ(text);
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return word;
    }
  });
}

function decodeQ(text: string): Buffer {
  const latin1 = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1');
}
