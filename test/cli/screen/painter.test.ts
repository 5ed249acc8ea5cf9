import { describe, expect, it } from 'vitest';
import { Painter } from '../../../src/cli/screen/painter.ts';

function terminal(columns = 40, rows = 10) {
  const written: string[] = [];
  const stream = { columns, rows, write: (text: string) => written.push(text) > 0 };
  return { stream, written, painter: new Painter(stream as never) };
}

describe('a painter', () => {
  it('writes nothing if nothing has changed, and otherwise only the lines that have', () => {
    const { painter, written } = terminal();
    painter.paint('a\nb');
    painter.paint('a\nb');
    expect(written).toHaveLength(1);
    painter.paint('a\nc');
    expect(written[1]).toBe('\u001b[?2026h\r\u001b[2A\n\u001b[2Kc\n\u001b[?2026l');
  });

  it('draws no more than fits, and never clears the scrollback', () => {
    const { painter, written } = terminal(40, 4);
    painter.paint('1\n2\n3\n4\n5\n6', ['above']);
    expect(written.join('')).toContain('above\n4\n5\n6\n');
    expect(written.join('')).not.toContain('\u001b[3J');
  });

  it('erases all rows of lines that a narrower terminal has wrapped', () => {
    const { stream, painter, written } = terminal();
    painter.paint(`${'x'.repeat(35)}\nshort`);
    stream.columns = 10;
    painter.paint('new');
    expect(written[1]).toContain('\r\u001b[5A\u001b[J');
  });

  it('shows the cursor when it gives the terminal back', () => {
    const { painter, written } = terminal();
    painter.paint('a');
    painter.erase();
    painter.paint('b');
    painter.release();
    expect(written[0]).toContain('\u001b[?25l');
    expect(written[1]).toBe('\r\u001b[1A\u001b[J\u001b[?25h');
    expect(written[3]).toBe('\u001b[?25h');
  });
});
