/** The line for writing a message, as a value: takes keys, returns the next value. */

/** The keys with a function here; a subset of ink's. */
export interface InputKey {
  return?: boolean;
  leftArrow?: boolean;
  rightArrow?: boolean;
  upArrow?: boolean;
  downArrow?: boolean;
  home?: boolean;
  end?: boolean;
  tab?: boolean;
  backspace?: boolean;
  delete?: boolean;
  ctrl?: boolean;
  meta?: boolean;
  shift?: boolean;
}

export interface InputModel {
  text: string;
  /** Position of the cursor, in UTF-16 units; never inside a character. */
  cursor: number;
  /** What was sent before, newest last. */
  past: readonly string[];
  /** Index of the shown line in `past`; its length if none is shown. */
  shown: number;
  /** The unsent text from before a line of `past` was shown. */
  draft: string;
  /** The completions that Tab cycles through, and their place in the text. */
  completion?: { start: number; end: number; offered: readonly string[]; index: number };
}

/** Most lines in `past`. */
const MOST_PAST = 100;

export const EMPTY_INPUT: InputModel = { text: '', cursor: 0, past: [], shown: 0, draft: '' };

/** Returns the line after a key; `submit` is the message that the key sends. */
export function pressKey(
  model: InputModel,
  input: string,
  key: InputKey,
  candidates: readonly string[] = [],
): { model: InputModel; submit?: string } {
  if (key.tab) return { model: complete(model, key.shift ? -1 : 1, candidates) };
  const { completion: _, ...plain } = model;
  if (key.return) return key.meta || key.shift ? { model: insert(plain, '\n') } : submit(plain);
  const moved = move(plain, input, key) ?? erase(plain, input, key);
  if (moved) return { model: moved };
  if (key.upArrow || key.downArrow) return { model: recall(plain, key.upArrow ? -1 : 1) };
  if (key.ctrl || key.meta) return { model };
  // A fast typist's Tab or Enter may arrive together with the text.
  if (/^[^\t\r\n]+\t$/.test(input)) {
    return { model: complete(typed(plain, input.slice(0, -1)).model, 1, candidates) };
  }
  return typed(plain, input);
}

function typed(model: InputModel, input: string): { model: InputModel; submit?: string } {
  const text = input.replace(/\r\n?/g, '\n').replace(/\t/g, '    ');
  const printable = text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '');
  const entered = /^[^\n]+\n$/.test(printable);
  const written = insert(model, entered ? printable.slice(0, -1) : printable);
  return entered ? submit(written) : { model: written };
}

function submit(model: InputModel): { model: InputModel; submit?: string } {
  const { text, past } = model;
  if (text.trim() === '') return { model };
  const remembered = past.at(-1) === text ? past : [...past, text].slice(-MOST_PAST);
  return { model: { ...EMPTY_INPUT, past: remembered, shown: remembered.length }, submit: text };
}

function insert(model: InputModel, addition: string): InputModel {
  const { text, cursor } = model;
  return { ...model, text: text.slice(0, cursor) + addition + text.slice(cursor), cursor: cursor + addition.length };
}

function move(model: InputModel, input: string, key: InputKey): InputModel | undefined {
  const { text, cursor } = model;
  const byWord = key.ctrl || key.meta;
  if (key.leftArrow) return { ...model, cursor: byWord ? wordBefore(text, cursor) : before(text, cursor) };
  if (key.rightArrow) return { ...model, cursor: byWord ? wordAfter(text, cursor) : after(text, cursor) };
  if (key.home || (key.ctrl && input === 'a')) return { ...model, cursor: 0 };
  if (key.end || (key.ctrl && input === 'e')) return { ...model, cursor: text.length };
  return undefined;
}

function erase(model: InputModel, input: string, key: InputKey): InputModel | undefined {
  const { text, cursor } = model;
  const cut = (from: number, to: number) => ({ ...model, text: text.slice(0, from) + text.slice(to), cursor: from });
  // For Backspace, terminals send what ink reports as Delete.
  if (key.backspace || key.delete) return cut(key.meta ? wordBefore(text, cursor) : before(text, cursor), cursor);
  if (!key.ctrl) return undefined;
  if (input === 'd') return cut(cursor, after(text, cursor));
  if (input === 'w') return cut(wordBefore(text, cursor), cursor);
  if (input === 'u') return cut(0, cursor);
  if (input === 'k') return cut(cursor, text.length);
  return undefined;
}

function recall(model: InputModel, step: -1 | 1): InputModel {
  const { past, shown, text } = model;
  const next = Math.min(Math.max(shown + step, 0), past.length);
  if (next === shown) return model;
  const draft = shown === past.length ? text : model.draft;
  const line = past[next] ?? draft;
  return { ...model, draft, shown: next, text: line, cursor: line.length };
}

function complete(model: InputModel, step: -1 | 1, candidates: readonly string[]): InputModel {
  const { text, cursor } = model;
  if (model.completion) {
    const { start, end, offered, index } = model.completion;
    return offer(model, { start, end, offered, index: (index + step + offered.length) % offered.length });
  }
  const start = text.slice(0, cursor).search(/\S+$/);
  if (start < 0) return model;
  const word = text.slice(start, cursor).toLowerCase();
  const offered = candidates.filter((candidate) => {
    const bare = candidate.toLowerCase();
    // Commands are completed at the beginning only; names with and without their @.
    if (candidate.startsWith('/')) return start === 0 && bare.startsWith(word);
    return bare.startsWith(word) || bare.slice(1).startsWith(word);
  });
  return offered.length === 0 ? model : offer(model, { start, end: cursor, offered, index: 0 });
}

function offer(model: InputModel, completion: NonNullable<InputModel['completion']>): InputModel {
  const { start, end, offered, index } = completion;
  const word = `${offered[index]} `;
  const text = model.text.slice(0, start) + word + model.text.slice(end);
  return { ...model, text, cursor: start + word.length, completion: { ...completion, end: start + word.length } };
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function before(text: string, cursor: number): number {
  return cursor === 0 ? 0 : (segmenter.segment(text).containing(cursor - 1)?.index ?? 0);
}

function after(text: string, cursor: number): number {
  const next = segmenter.segment(text).containing(cursor);
  return next ? next.index + next.segment.length : text.length;
}

function wordBefore(text: string, cursor: number): number {
  return text.slice(0, cursor).replace(/\S*\s*$/, '').length;
}

function wordAfter(text: string, cursor: number): number {
  return cursor + (/^\s*\S*/.exec(text.slice(cursor))?.[0].length ?? 0);
}
