/**
 * Cleans text from people: removes what could act on a terminal or disguise a line as another one, and keeps the rest as
 * it was written, in any language.
 */

/** Longest message in characters (Unicode code points). */
export const MAX_TEXT = 2000;
/** Most lines in a message. */
export const MAX_LINES = 50;
/** Longest display name, in characters as a reader counts them. */
const MAX_NAME = 64;

// Whole escape sequences (CSI, OSC and similar, two-character ones), because their parameters are not text either.
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// Bidirectional controls (CVE-2021-42574), invisible spaces and operators, annotation marks. Joiners stay: emoji and
// several scripts need them.
const INVISIBLE = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
// Tag characters can spell hidden text; only the flags of England, Scotland, and Wales need them.
const HIDDEN_TAGS = /(\u{1f3f4}[\u{e0020}-\u{e007e}]{1,6}\u{e007f})|[\u{e0000}-\u{e007f}]/gu;
// Many combining marks on one letter paint over the lines around it.
const PILED_MARKS = /(\p{Mark}{6})\p{Mark}+/gu;
const SURROGATE = /\p{Surrogate}/gu;

/**
 * Returns a message as the room gets it; an empty string if nothing is left.
 *
 * @example
 * ```ts
 * cleanText('\u001b[31mred\u001b[0m \u202etxt'); // 'red txt'
 * ```
 */
export function cleanText(text: string): string {
  const lines = plain(text.replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n'))
    .replace(/\t/g, '    ')
    .split('\n')
    // Not a regular expression with `\s+$`, which takes quadratic time on a long run of blanks.
    .map((line) => line.trimEnd());
  const kept = lines.filter((line, index) => line !== '' || (index > 0 && lines[index - 1] !== ''));
  // Leading blanks of the first line stay: they may be indented code.
  return kept.join('\n').trimEnd();
}

/** Returns a display name on one line, cut to 64 characters as a reader counts them. */
export function cleanName(name: string): string {
  const line = plain(name.slice(0, 1024)).replace(/\s+/g, ' ').trim();
  const characters = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(line)];
  if (characters.length <= MAX_NAME) return line;
  return `${characters
    .slice(0, MAX_NAME - 1)
    .map(({ segment }) => segment)
    .join('')}…`;
}

/** Returns what is wrong with the length of a clean text, if anything. */
export function lengthFault(text: string): string | undefined {
  const characters = codePoints(text);
  if (characters > MAX_TEXT) return `Messages are limited to ${MAX_TEXT} characters; this one has ${characters}.`;
  const lines = text.split('\n').length;
  if (lines > MAX_LINES) return `Messages are limited to ${MAX_LINES} lines; this one has ${lines}.`;
  return undefined;
}

/**
 * Folds a name for comparison: two names that most people would read as the same have the same fold.
 *
 * @example
 * ```ts
 * foldName('ALICE  Example') === foldName('Alice Examplé'); // true
 * ```
 */
export function foldName(name: string): string {
  const letters = name.normalize('NFKD').replace(/[^\p{L}\p{N}|]|\p{Default_Ignorable_Code_Point}/gu, '');
  return (
    (letters || name)
      .toLowerCase()
      .replace(/./gu, (character) => LOOKALIKES.get(character) ?? character)
      // Pairs of letters that are read as one.
      .replaceAll('rn', 'm')
      .replaceAll('vv', 'w')
  );
}

// Letters, digits, and signs that look like another Latin letter in common fonts.
const LOOKALIKES = new Map(
  Object.entries({
    ...{
      a: 'аα',
      b: 'ьвβ',
      c: 'сϲ',
      d: 'ԁ',
      e: 'еεҽ',
      g: 'ɡց',
      h: 'һнηհ',
      i: 'іιıl1|',
      j: 'ј',
      k: 'кκ',
      m: 'мμ',
      f: 'ғ',
      z: 'ζᴢ',
    },
    ...{
      n: 'пոռ',
      o: 'оο0օ',
      p: 'рρ',
      q: 'ԛզ',
      r: 'г',
      s: 'ѕꜱ',
      t: 'тτ',
      u: 'υսᴜ',
      v: 'νѵ',
      w: 'ԝ',
      x: 'хχ',
      y: 'уγʏ',
    },
  }).flatMap(([letter, others]) => [...others].map((other) => [other, letter] as const)),
);

function plain(text: string): string {
  // rule: no text acts on a terminal, hides, or paints over other lines
  // mutate: .replace(ESCAPES, '') =>
  // mutate: .replace(CONTROLS, '') =>
  // mutate: .replace(INVISIBLE, '') =>
  // mutate: .replace(HIDDEN_TAGS, '$1') =>
  // mutate: .replace(PILED_MARKS, '$1') =>
  return text
    .replace(SURROGATE, '\ufffd')
    .replace(ESCAPES, '')
    .replace(CONTROLS, '')
    .replace(INVISIBLE, '')
    .replace(HIDDEN_TAGS, '$1')
    .normalize('NFC')
    .replace(PILED_MARKS, '$1');
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
