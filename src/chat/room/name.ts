/**
 * Names for people. Everyone chooses their own display name, and only the login is verified. So no name can contain what
 * sets a login apart from it, and a name that could be read as more than a name is shown with the login.
 */
import { cleanName } from './text.ts';

// Brackets and @ set a login apart from a name, a colon and a star a name from a message. Signs like them go too, in any
// script: what stays are letters, digits, emoji, and the other punctuation of ASCII.
const NOT_IN_NAMES =
  /[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\p{Join_Control} !-~’‐·・]|[()[\]{}@:*\\ːˑꓽ։׃჻]/gu;
// Blank in most fonts, without being white space.
const BLANK = /[\p{Default_Ignorable_Code_Point}\u2800]/gu;
// Those that emoji and several scripts need.
const JOINERS = new Set(['\u200c', '\u200d', '\ufe0f']);

const PLAIN = /^(?:[\p{L}\p{N}\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator} .'’‐·・_-]|\p{M})+$/u;
// Scripts whose letters look like those of another one. A name in one of them is plain, a mixture is not.
const ALIKE = [/\p{Script=Latin}/u, /\p{Script=Greek}/u, /\p{Script=Cyrillic}/u, /\p{Script=Armenian}/u];
// Scripts that hardly anyone has a name in, and that can spell other people's.
const RARE =
  /[\p{Script=Cherokee}\p{Script=Lisu}\p{Script=Coptic}\p{Script=Deseret}\p{Script=Gothic}\p{Script=Old_Italic}]/u;

/** Returns the display name to show, and whether it could be read as anything but a name. */
export function displayName(name: string): { shown: string; plain: boolean } {
  const written = cleanName(name);
  // rule: a display name has no invisible characters
  // mutate: JOINERS.has(character) ? character : '' => character
  const visible = written.replace(BLANK, (character) => (JOINERS.has(character) ? character : ''));
  // rule: a display name cannot write a login, or the beginning of a line
  // mutate: .replace(NOT_IN_NAMES, ' ') =>
  const shown = visible
    .replace(NOT_IN_NAMES, ' ')
    .replace(/ +/g, ' ')
    .replace(/^[ !-/;=>?^-`|~’‐·・]+/, '')
    .trimEnd();
  return { shown, plain: shown === written && isPlain(shown) };
}

function isPlain(name: string): boolean {
  return (
    PLAIN.test(name) &&
    !RARE.test(name) &&
    // rule: a name with letters of several scripts is not plain
    // mutate: !mixesScripts(name) => true
    !mixesScripts(name) &&
    // rule: a name with letters in another form, such as mathematical ones, is not plain
    // mutate: name === name.normalize('NFKC') => true
    name === name.normalize('NFKC')
  );
}

function mixesScripts(name: string): boolean {
  return ALIKE.filter((script) => script.test(name)).length > 1;
}

/**
 * Returns a login as it is shown: on one line, and never like another one. Letters of other alphabets may look like
 * Latin ones, so they are escaped.
 */
export function shownLogin(login: string): string {
  let shown = '';
  for (const character of login.normalize('NFC').slice(0, 320)) {
    // rule: a login is shown so that it passes for no other
    // mutate: isUnmistakable(character) => true
    shown += isUnmistakable(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`;
  }
  return shown;
}

function isUnmistakable(character: string): boolean {
  const [base = '', ...marks] = character.normalize('NFD');
  return /^[!-~]$/.test(base) && !/[()[\]<>{}\\:*]/.test(base) && marks.every((mark) => /\p{Mark}/u.test(mark));
}
