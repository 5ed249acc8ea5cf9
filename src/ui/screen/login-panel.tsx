import { Text } from 'ink';
import type { JSX } from 'react';
import { Panel } from './panel.tsx';
import { printable } from './printable.ts';
import { Tint } from './tint.tsx';

/** The login page, and what to do with it. */
export function LoginPanel({ name, url, columns }: { name: string; url: string; columns: number }): JSX.Element {
  const heading = `To add ${printable(name)} to your tailnet, open this page in a browser and log in:`;
  const after = 'Any device will do. This screen goes on by itself.';
  const width = Math.max(heading.length, url.length, after.length);
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
