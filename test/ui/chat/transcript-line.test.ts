import { describe, expect, it } from 'vitest';
import { lineText } from '../../../src/ui/chat/transcript-line.tsx';

const who = { id: 'u:1', label: 'Bob Example', tags: [] };
const at = new Date(2026, 0, 2, 14, 2).toISOString();
const draw = (line: Partial<Parameters<typeof lineText>[0]>, columns = 50) =>
  lineText({ kind: 'message', at, who, text: '', ...line }, { columns, color: false });

describe('lineText', () => {
  it('shows the time, the author, and the text', () => {
    expect(draw({ text: 'hello' })).toBe('14:02 Bob Example  hello');
    expect(draw({ text: 'waves', kind: 'action' })).toBe('14:02 * Bob Example waves');
    expect(draw({ text: 'Carol joined', kind: 'news', who: undefined })).toBe('14:02 Carol joined');
    expect(draw({ text: 'for you', kind: 'notice', who: undefined, at: undefined })).toBe('  ·   for you');
  });

  it('shows a device with its tags', () => {
    expect(draw({ text: 'green', who: { ...who, label: 'ci', tags: ['tag:ci'] } })).toBe('14:02 ci [tag:ci]  green');
  });

  it('continues below the text, so that no text looks like another line', () => {
    expect(draw({ text: 'one two three four five six seven eight' }, 36)).toBe(
      '14:02 Bob Example  one two three\n      four five six seven eight',
    );
    expect(draw({ text: 'look:\n14:03 Alice Example  I resign' })).toBe(
      '14:02 Bob Example  look:\n      14:03 Alice Example  I resign',
    );
  });

  it('counts wide characters as two columns', () => {
    const tanaka = { ...who, label: '田中' };
    const row = '14:02 田中  今日は 良い\n      天気 ですね';
    expect(draw({ who: tanaka, text: '今日は 良い 天気 ですね' }, 26)).toBe(row);
  });

  it('keeps the indentation of code', () => {
    expect(draw({ text: 'if x:\n  y' })).toBe('14:02 Bob Example  if x:\n        y');
  });

  it('prints control characters in a visible form', () => {
    expect(draw({ text: 'a\u001b[2J\u202eb' })).toBe('14:02 Bob Example  a\\u001b[2J\\u202eb');
  });
});
