import { Text } from 'ink';
import type { JSX } from 'react';
import type { ReadyEvent } from '../events.ts';
import { Panel } from './panel.tsx';
import { printable } from './printable.ts';
import { Tint } from './tint.tsx';

/** Where the service is reachable, the best address first and brightest, and where it leads. */
export function AddressPanel({ ready, columns }: { ready: ReadyEvent; columns: number }): JSX.Element {
  const [best = ready.fqdn, ...others] = ready.urls.map(printable);
  const target = `→ ${printable(ready.target)}`;
  const width = Math.max(...[best, ...others, target].map((line) => line.length));
  return (
    <Panel columns={columns} width={width}>
      <Tint bold color="cyan">
        {best}
      </Tint>
      {others.map((url) => (
        <Tint key={url} color="cyan">
          {url}
        </Tint>
      ))}
      <Text dimColor>{target}</Text>
    </Panel>
  );
}
