import type { WriteStream } from 'node:tty';
import { linesOf } from '../../ui/screen/rows.tsx';
import { terminalSize } from './terminal-size.ts';

/** Begins and ends an update that the terminal shows at once; terminals that do not know it ignore it. */
const SYNCHRONIZED = ['\u001b[?2026h', '\u001b[?2026l'] as const;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_LINE = '\u001b[2K';
const ERASE_BELOW = '\u001b[J';

type Terminal = Pick<WriteStream, 'write' | 'columns' | 'rows'>;

/**
 * Draws a frame at the bottom of a terminal, and lines that scroll by above it. Never draws more than fits, because what
 * has scrolled out of a terminal cannot be erased, and never touches the scrollback.
 */
export class Painter {
  readonly #terminal: Terminal;
  /** The lines of the frame on the terminal. */
  #drawn: string[] = [];
  /** The width of the terminal that they were drawn for. */
  #columns = 0;
  #cursorIsHidden = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws a frame in place of the last one, with lines above it. Writes nothing if nothing has changed. */
  paint(frame: string, above: readonly string[] = []): void {
    const lines = this.#fitting(frame);
    const inPlace = above.length === 0 && this.#columns === terminalSize(this.#terminal).columns;
    let text = inPlace
      ? this.#changes(lines)
      : this.#erasing() + [...above, ...lines].map((line) => `${line}\n`).join('');
    this.#drawn = lines;
    this.#columns = terminalSize(this.#terminal).columns;
    if (text === '') return;
    if (!this.#cursorIsHidden) text = HIDE_CURSOR + text;
    this.#cursorIsHidden = true;
    this.#terminal.write(SYNCHRONIZED[0] + text + SYNCHRONIZED[1]);
  }

  /** Writes lines without a frame. */
  print(lines: readonly string[]): void {
    if (lines.length > 0) this.#terminal.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Erases the frame and shows the cursor in its place. */
  erase(): void {
    const text = this.#erasing() + (this.#cursorIsHidden ? SHOW_CURSOR : '');
    this.#drawn = [];
    this.#cursorIsHidden = false;
    if (text !== '') this.#terminal.write(text);
  }

  /** Leaves the frame where it is and shows the cursor below it. */
  release(): void {
    this.#drawn = [];
    if (this.#cursorIsHidden) this.#terminal.write(SHOW_CURSOR);
    this.#cursorIsHidden = false;
  }

  #fitting(frame: string): string[] {
    if (frame === '') return [];
    const lines = frame.split('\n');
    // The cursor is on the line below the frame.
    const most = Math.max(1, terminalSize(this.#terminal).rows - 1);
    return lines.slice(Math.max(0, lines.length - most));
  }

  #erasing(): string {
    if (this.#drawn.length === 0) return '';
    // A terminal that has become narrower has wrapped the lines.
    const { columns } = terminalSize(this.#terminal);
    const rows = this.#drawn.reduce((sum, line) => sum + linesOf(line, columns), 0);
    return `${upTo(rows)}${ERASE_BELOW}`;
  }

  #changes(lines: readonly string[]): string {
    const drawn = this.#drawn;
    if (lines.length === drawn.length && lines.every((line, index) => line === drawn[index])) return '';
    const rows = lines.map((line, index) => (line === drawn[index] ? '\n' : `${ERASE_LINE}${line}\n`));
    return `${upTo(drawn.length)}${rows.join('')}${lines.length < drawn.length ? ERASE_BELOW : ''}`;
  }
}

function upTo(rows: number): string {
  return rows > 0 ? `\r\u001b[${rows}A` : '\r';
}
