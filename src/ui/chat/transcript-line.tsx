import { renderToString, Text } from 'ink';
import type { JSX } from 'react';
import type { TranscriptLine } from '../../chat/transport/transcript.ts';
import { printable } from '../printable.ts';
import { timeOfDay } from '../request-line.ts';
import { ColorContext, Tint } from '../screen/tint.tsx';

/** Width of the time before a text, and of the margin below it. */
const MARGIN = 6;
/** Narrowest width for which lines are laid out. */
const NARROWEST = 20;

/** Colors that are readable on light and dark terminals. */
const COLORS = ['green', 'yellow', 'blue', 'magenta', 'cyan', 'red'] as const;

export interface LineShape {
  /** Width of the terminal in columns. */
  columns: number;
  /** Whether to use colors. */
  color: boolean;
}

/**
 * Returns a line of the conversation as text for a terminal. Further rows continue below the text, not below the time, so
 * that no text can look like someone else's line.
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

// Wrapping leaves the space between two words at the beginning of the next row.
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

// Our own chat removes what could act on a terminal; another server may not.
function Said({ kind, text }: { kind: TranscriptLine['kind']; text: string }): JSX.Element {
  // rule: the text of another server does not act on the terminal — mutate: printable(text) => text
  const safe = printable(text);
  if (kind === 'refusal') return <Tint color="yellow">{safe}</Tint>;
  if (kind === 'action') return <Text italic>{safe}</Text>;
  return <Text dimColor={kind === 'news' || kind === 'notice'}>{safe}</Text>;
}

/** Returns the color of a person, which never changes. */
function speakerColor(id: string): (typeof COLORS)[number] {
  let hash = 2166136261;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  // Those who differ in the last digit only get colors as different as anyone else's.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return COLORS[((hash ^ (hash >>> 16)) >>> 0) % COLORS.length] ?? 'cyan';
}
