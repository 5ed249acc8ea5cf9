import { describe, expect, it } from 'vitest';
import { padColumns, table } from '../../src/ui/table.ts';

describe('table', () => {
  it('makes each column as wide as its widest cell, without spaces at the end of a line', () => {
    expect(
      table([
        ['NAME', 'PID'],
        ['myapp', '1'],
      ]),
    ).toBe('NAME   PID\nmyapp  1');
  });

  it('counts the columns of a terminal: two for a CJK character or an emoji, none for a combining accent', () => {
    const rows = [
      ['田中', 'a'],
      ['😀', 'b'],
      ['👩‍👩‍👧', 'c'],
      ['Jose\u0301', 'd'],
      ['four', 'e'],
    ];
    expect(table(rows).split('\n')).toEqual(['田中  a', '😀    b', '👩‍👩‍👧    c', 'Jose\u0301  d', 'four  e']);
  });
});

describe('padColumns', () => {
  it('leaves a text that is too wide as it is', () => expect(padColumns('田中', 3)).toBe('田中'));
});
