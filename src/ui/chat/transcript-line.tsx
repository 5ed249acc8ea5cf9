import { renderToString, Text } from 'ink';
import type { JSX } from 'react';
import type { TranscriptLine } from '../../chat/transport/transcript.ts';
import { printable } from '../printable.ts';
import { timeOfDay } from '../request-line.ts';
import { ColorContext, Tint } from '../screen/tint.tsx';
import { speakerColor } from './speaker-color.ts';

/** What stands before a text: the time, and as much space under it. */
const MARGIN = 6;
/** Narrower than this nothing can be laid out. */
const NARROWEST = 20;

export interface LineShape {
  /** Width of the terminal in columns. */
  columns: number;
  /** Whether colours are wanted. */
  color: boolean;
}

/**
 * Something that was said or happened, as text for the part of a terminal that scrolls by. What does not fit on one row
 * goes on under the text, not under the time, so that no text can pass for somebody's line.
 */
export function lineText(line: TranscriptLine, { columns, color }: LineShape): string {
  const width = Math.max(NARROWEST, columns) - MARGIN;
  const draw = (view: JSX.Element) => {
    const text = renderToString(<ColorContext.Provider value={color}>{view}</ColorContext.Provider>, {
      columns: width,
    });
    return text.split('\n').map(withoutGap);
  };
  const [first = '', ...more] = line.text.split('\n');
  const rows = [
    ...draw(
      <Text>
        <Speaker line={line} />
        <Said kind={line.kind} text={first} />
      </Text>,
    ),
    ...more.flatMap((text) => draw(<Said kind={line.kind} text={text} />)),
  ];
  const time = timeText(line);
  const [drawn = ''] = draw(<Text dimColor>{time}</Text>);
  const beginning = drawn + ' '.repeat(MARGIN - time.length);
  return rows.map((row, index) => `${index === 0 ? beginning : ' '.repeat(MARGIN)}${row}`).join('\n');
}

function timeText({ at }: TranscriptLine): string {
  return at === undefined ? '  ·' : timeOfDay(new Date(at)).slice(0, 5);
}

// Where a text is wrapped, the space between the words begins the next row.
function withoutGap(row: string, index: number): string {
  return index === 0 ? row : row.replace(/^((?:\u001b\[[0-9;]*m)*) /, '$1');
}

function Speaker({ line: { who, kind } }: { line: TranscriptLine }): JSX.Element | null {
  if (!who) return null;
  return (
    <Text>
      {kind === 'action' && '* '}
      <Tint bold color={speakerColor(who.id)}>
        {printable(who.label)}
      </Tint>
      {who.tags.length > 0 && <Text dimColor>{` [${who.tags.map(printable).join(', ')}]`}</Text>}
      {kind === 'action' ? ' ' : '  '}
    </Text>
  );
}

// The chat has removed what could act on a terminal, if it is a chat of ours.
function Said({ kind, text }: { kind: TranscriptLine['kind']; text: string }): JSX.Element {
  const safe = printable(text);
  if (kind === 'refusal') return <Tint color="yellow">{safe}</Tint>;
  if (kind === 'action') return <Text italic>{safe}</Text>;
  return <Text dimColor={kind === 'news' || kind === 'notice'}>{safe}</Text>;
}
