import { Box, Text } from 'ink';
import type { JSX } from 'react';
import type { Door } from './door.ts';
import { printable } from './printable.ts';
import { Tint } from './tint.tsx';

/** The doors of a sandbox: open one, and be that person. */
export function DoorList({ doors }: { doors: Door[] }): JSX.Element | null {
  if (doors.length === 0) return null;
  const width = Math.max(...doors.map(({ who }) => who.length));
  return (
    <Box flexDirection="column" marginTop={1}>
      <Text dimColor>Open it from this machine as</Text>
      {doors.map(({ who, url }) => (
        <Text key={url}>
          {'  '}
          {printable(who).padEnd(width)}
          {'  '}
          <Tint color="cyan">{printable(url)}</Tint>
        </Text>
      ))}
    </Box>
  );
}
