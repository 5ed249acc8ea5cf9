import { describe, expect, it } from 'vitest';
import { styledLine } from '../../src/ui/styled-line.ts';

const ESC = '\u001b';

describe('a line that an app printed', () => {
  it('keeps its styles, and ends them', () => {
    expect(styledLine(`${ESC}[1;38;5;9mred`, true)).toBe(`${ESC}[1;38;5;9mred${ESC}[0m`);
    expect(styledLine(`${ESC}[32mgreen${ESC}[39m`, false)).toBe('green');
    expect(styledLine('plain', true)).toBe('plain');
  });

  it.each([
    ['clears the terminal', `${ESC}[2J${ESC}[3J${ESC}[H`],
    ['moves the cursor', `${ESC}[12;3H`],
    ['sets the title', `${ESC}]0;title\u0007`],
    ['copies to the clipboard', `${ESC}]52;c;aGk=${ESC}\\`],
    ['resets the terminal', `${ESC}c`],
    ['hides the cursor', `${ESC}[?25l`],
  ])('has nothing that %s', (_, sequence) => {
    expect(styledLine(`a${sequence}b`, true)).toBe('ab');
  });

  it('has its other controls escaped', () => {
    expect(styledLine('a\u0007b\u202ec', true)).toBe('a\\u0007b\\u202ec');
    expect(styledLine(`a${ESC}`, true)).toBe('a\\u001b');
  });

  it('is what a progress bar shows in the end', () => {
    expect(styledLine('10 %\r50 %\r100 %', true)).toBe('100 %');
    expect(styledLine('windows\r', true)).toBe('windows');
  });
});
