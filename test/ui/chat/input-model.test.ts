import { describe, expect, it } from 'vitest';
import { EMPTY_INPUT, type InputKey, type InputModel, pressKey } from '../../../src/ui/chat/input-model.ts';

const KEYS: Record<string, [string, InputKey]> = {
  Enter: ['\r', { return: true }],
  'Alt+Enter': ['\r', { return: true, meta: true }],
  Left: ['', { leftArrow: true }],
  Right: ['', { rightArrow: true }],
  'Ctrl+Left': ['', { leftArrow: true, ctrl: true }],
  'Ctrl+Right': ['', { rightArrow: true, ctrl: true }],
  Up: ['', { upArrow: true }],
  Down: ['', { downArrow: true }],
  Home: ['', { home: true }],
  End: ['', { end: true }],
  Tab: ['\t', { tab: true }],
  'Shift+Tab': ['', { tab: true, shift: true }],
  // What ink reports for Backspace in most terminals.
  Backspace: ['', { delete: true }],
  'Ctrl+A': ['a', { ctrl: true }],
  'Ctrl+D': ['d', { ctrl: true }],
  'Ctrl+K': ['k', { ctrl: true }],
  'Ctrl+U': ['u', { ctrl: true }],
  'Ctrl+W': ['w', { ctrl: true }],
};

const CANDIDATES = ['@Alice Example', '@Albert', '@Bob', '/me', '/mute', '/who'];

/** Presses keys, or types any other text; returns the line and what was sent. */
function press(...keys: string[]): { model: InputModel; sent: string[] } {
  let model = EMPTY_INPUT;
  const sent: string[] = [];
  for (const name of keys) {
    const [input, key] = KEYS[name] ?? [name, {}];
    const pressed = pressKey(model, input, key, CANDIDATES);
    model = pressed.model;
    if (pressed.submit !== undefined) sent.push(pressed.submit);
  }
  return { model, sent };
}

/** Returns the line with its cursor. */
function line(...keys: string[]): string {
  const { text, cursor } = press(...keys).model;
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

describe('pressKey', () => {
  it.each([
    ['text', ['hello'], 'hello|'],
    ['in the middle', ['hello', 'Left', 'Left', 'XY'], 'helXY|lo'],
    ['whole characters', ['a👩‍👩‍👧b', 'Left', 'Left', 'Backspace'], '|👩‍👩‍👧b'],
    ['a whole character less', ['a👩‍👩‍👧', 'Backspace'], 'a|'],
    ['by words', ['one two three', 'Ctrl+Left', 'Ctrl+Left', 'Ctrl+Right'], 'one two| three'],
    ['to the ends', ['hello', 'Home', '>', 'End', '<'], '>hello<|'],
    ['a word less', ['one two ', 'Ctrl+W'], 'one |'],
    ['nothing before', ['one two', 'Left', 'Ctrl+U'], '|o'],
    ['nothing after', ['one two', 'Ctrl+A', 'Right', 'Ctrl+K'], 'o|'],
    ['the character under the cursor less', ['abc', 'Home', 'Ctrl+D'], '|bc'],
    ['several lines', ['one', 'Alt+Enter', 'two'], 'one\ntwo|'],
    ['a paste of several lines', ['one\r\ntwo\rthree'], 'one\ntwo\nthree|'],
    ['no control characters', ['a\u001b[31mb\u0007'], 'a[31mb|'],
  ])('takes %s', (_, keys, shown) => expect(line(...keys)).toBe(shown));

  it('sends with Enter, unless the line is empty', () => {
    expect(press('one', 'Enter', 'Enter', '   ', 'Enter').sent).toEqual(['one']);
    expect(line('one', 'Enter')).toBe('|');
  });

  it('completes text that arrives together with its Tab', () => {
    expect(line('hello @al\t')).toBe(line('hello @al', 'Tab'));
    expect(line('hello @al\t')).toMatch(/^hello @Alice/);
    expect(line('a\tb')).toBe('a    b|');
  });

  it('sends text that arrives together with its Enter', () => {
    expect(press('hello\r').sent).toEqual(['hello']);
  });

  it('brings back what was sent, and then the draft', () => {
    expect(line('one', 'Enter', 'two', 'Enter', 'draft', 'Up', 'Up', 'Up')).toBe('one|');
    expect(line('one', 'Enter', 'two', 'Enter', 'draft', 'Up', 'Up', 'Down', 'Down', 'Down')).toBe('draft|');
  });

  it('completes names with and without their @, and cycles through them', () => {
    expect(line('hi al', 'Tab')).toBe('hi @Alice Example |');
    expect(line('hi @al', 'Tab', 'Tab')).toBe('hi @Albert |');
    expect(line('hi @al', 'Tab', 'Tab', 'Tab')).toBe('hi @Alice Example |');
    expect(line('hi @al', 'Tab', 'Shift+Tab')).toBe('hi @Albert |');
    expect(line('@al', 'Tab', 'x', 'Tab')).toBe('@Alice Example x|');
  });

  it('completes commands at the beginning only', () => {
    expect(line('/m', 'Tab', 'Tab')).toBe('/mute |');
    expect(line('see /m', 'Tab')).toBe('see /m|');
    expect(line('Tab')).toBe('|');
  });
});
