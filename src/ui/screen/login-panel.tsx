import { Text } from 'ink';
import type { JSX } from 'react';
import stringWidth from 'string-width';
import { printable } from '../printable.ts';
import { Panel } from './panel.tsx';
import { Tint } from './tint.tsx';

/** The login page to open, with instructions. */
export function LoginPanel({ name, url, columns }: { name: string; url: string; columns: number }): JSX.Element {
  const heading = `To add ${printable(name)} to your tailnet, open this page in a browser and log in:`;
  const after = 'Any device works. This screen updates by itself.';
  const width = Math.max(...[heading, url, after].map((line) => stringWidth(line)));
  return (
    <Panel columns={columns} width={width}>
      <Text>{heading}</Text>
      <Tint bold color="cyan">
        {printable(url)}
      </Tint>
      <Text dimColor>{after}</Text>
    </Panel>
  );
}
