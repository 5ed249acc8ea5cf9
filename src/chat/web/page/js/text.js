// Messages as DOM nodes: links, code, and names stand out, and everything stays text.
import { element } from './elements.js';

const FENCE = /```[^\n`]*\n?(.*?)```/gs;
const CODE = /`([^`\n]+)`/g;
const LINK = /\bhttps?:\/\/[^\s<>"'`]+/gi;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Returns the element for a text; `names` are highlighted after an `@`. */
export function textElement(text, names) {
  const made = element('div', { className: 'text', dir: 'auto' });
  if (isFewEmoji(text)) made.classList.add('jumbo');
  made.append(
    ...split(
      text,
      FENCE,
      ([, code]) => element('pre', {}, element('code', {}, code)),
      (rest) =>
        split(
          rest,
          CODE,
          ([, code]) => element('code', {}, code),
          (plain) => linked(plain, names),
        ),
    ),
  );
  return made;
}

function isFewEmoji(text) {
  if (text.length > 60) return false;
  const characters = [...graphemes.segment(text.replace(/\s/g, ''))];
  return characters.length <= 3 && characters.every(({ segment }) => /\p{Extended_Pictographic}/u.test(segment));
}

/** Returns whether a text mentions one of the names. */
export function mentions(text, names) {
  return text.includes('@') && mentionPattern(names).test(text);
}

function linked(text, names) {
  return split(
    text,
    LINK,
    ([match]) => link(match),
    (plain) => {
      if (!plain.includes('@')) return [plain];
      return split(
        plain,
        mentionPattern(names),
        ([match]) => [element('span', { className: 'mention-name' }, match)],
        (rest) => [rest],
      );
    },
  );
}

function link(match) {
  const address = withoutTail(match);
  const tail = match.slice(address.length);
  if (!URL.canParse(address)) return [match];
  const { href, host } = new URL(address);
  const properties = { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc', referrerPolicy: 'no-referrer' };
  // If the address has letters that look like others, the tooltip shows where it really leads.
  return [element('a', { ...properties, title: host }, address), tail];
}

/** Returns an address without the punctuation of the sentence around it. */
function withoutTail(address) {
  let end = address.length;
  for (;;) {
    const last = address[end - 1];
    const unopened = last === ')' && !balanced(address.slice(0, end));
    if (!unopened && !/[.,;:!?\]}…]/.test(last)) return address.slice(0, end);
    end -= 1;
  }
}

function balanced(text) {
  return text.split('(').length >= text.split(')').length;
}

function mentionPattern(names) {
  const longestFirst = [...names].sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])@(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}

/** Splits a text by a pattern: `match` returns the nodes for each match, `rest` those for the text in between. */
function split(text, pattern, match, rest) {
  const parts = [];
  let position = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > position) parts.push(...rest(text.slice(position, found.index)));
    parts.push(...[match(found)].flat());
    position = found.index + found[0].length;
  }
  if (position < text.length) parts.push(...rest(text.slice(position)));
  return parts;
}
