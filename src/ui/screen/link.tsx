import { Transform } from 'ink';
import type { JSX } from 'react';
import { printable } from '../printable.ts';
import { Tint } from './tint.tsx';

/** A URL that a terminal can open (OSC 8), wrapped or not. */
export function Link({ url, bold = false }: { url: string; bold?: boolean }): JSX.Element {
  const safe = printable(url);
  return (
    <Transform transform={(line) => `\u001b]8;;${safe}\u0007${line}\u001b]8;;\u0007`}>
      <Tint bold={bold} color="cyan">
        {safe}
      </Tint>
    </Transform>
  );
}
