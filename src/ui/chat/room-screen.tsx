import { Box, Text, useInput } from 'ink';
import type { JSX } from 'react';
import { ColorContext } from '../screen/tint.tsx';
import { InputLine } from './input-line.tsx';
import type { InputKey, InputModel } from './input-model.ts';
import type { RoomModel } from './room-model.ts';
import { RoomStatus, TypingLine } from './room-status.tsx';

export interface RoomScreenProps {
  model: RoomModel;
  /** The line for writing a message; undefined if standard input is not a terminal. */
  input?: InputModel;
  /** Whether the command is stopping. */
  stopping: boolean;
  /** Width of the terminal in columns. */
  columns: number;
  /** Whether to use colors. */
  color: boolean;
  onKey: (input: string, key: InputKey) => void;
}

/** The live part of a chat in a terminal; messages scroll by above it. */
export function RoomScreen(props: RoomScreenProps): JSX.Element {
  const { model, input, stopping, columns, color, onKey } = props;
  const over = stopping || model.link === 'ended';
  useInput(onKey, { isActive: input !== undefined && !over });
  return (
    <ColorContext.Provider value={color}>
      <Box flexDirection="column">
        <TypingLine model={model} />
        <Text dimColor>{'─'.repeat(Math.max(1, columns))}</Text>
        {input && !over && model.room !== '' && <InputLine room={model.room} input={input} />}
        <RoomStatus model={model} stopping={stopping} />
      </Box>
    </ColorContext.Provider>
  );
}
