import { Box, Text } from 'ink';
import type { JSX } from 'react';
import stringWidth from 'string-width';
import { printable } from '../printable.ts';
import { padColumns } from '../table.ts';
import { Tint } from './tint.tsx';

/** A way into a sandbox tailnet: a local URL that reaches the app as one user or device. */
export interface Door {
  /** Who a caller through this door is, such as `alice@example.com` or `ci (tag:ci)`. */
  who: string;
  /** What to open: a URL for a browser or, if it starts with `tcp:`, a host and port. */
  url: string;
}

/** The doors of a sandbox: open one to call the app as that user or device. */
export function DoorList({ doors }: { doors: Door[] }): JSX.Element | null {
  if (doors.length === 0) return null;
  const names = doors.map(({ who }) => printable(who));
  const width = Math.max(...names.map((name) => stringWidth(name)));
  return (
    <Box flexDirection="column" marginTop={1}>
      <Text dimColor>Open it on this machine as</Text>
      {doors.map(({ url }, index) => (
        <Text key={url}>
          {'  '}
          {padColumns(names[index]!, width)}
          {'  '}
          <Tint color="cyan">{printable(url)}</Tint>
        </Text>
      ))}
    </Box>
  );
}
