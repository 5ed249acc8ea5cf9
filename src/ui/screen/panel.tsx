import { Box } from 'ink';
import type { JSX, ReactNode } from 'react';

interface PanelProps {
  /** Width of the terminal in columns. */
  columns: number;
  /** Widest line inside, in columns. */
  width: number;
  children: ReactNode;
}

/** A frame around its content; left out in a terminal so narrow that the frame would break an address. */
export function Panel({ columns, width, children }: PanelProps): JSX.Element {
  // Two columns of border, two of padding on each side.
  if (width + 6 > columns) return <Box flexDirection="column">{children}</Box>;
  return (
    <Box flexDirection="column" alignSelf="flex-start" borderStyle="round" paddingX={2}>
      {children}
    </Box>
  );
}
