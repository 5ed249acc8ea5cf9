import { Box, Text } from 'ink';
import type { JSX } from 'react';
import { printable } from '../printable.ts';
import { Tint } from '../screen/tint.tsx';
import type { InputModel } from './input-model.ts';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The line for writing a message, with its cursor. */
export function InputLine({ room, input }: { room: string; input: InputModel }): JSX.Element {
  const { text, cursor } = input;
  const under = segmenter.segment(text).containing(cursor)?.segment ?? '';
  const isBreak = under === '' || under === '\n';
  return (
    <Box>
      <Box flexShrink={0}>
        <Tint color="cyan">{`#${printable(room)} › `}</Tint>
      </Box>
      <Text>
        {text.slice(0, cursor)}
        <Text inverse>{isBreak ? ' ' : under}</Text>
        {under === '\n' && '\n'}
        {text.slice(cursor + under.length)}
      </Text>
    </Box>
  );
}
