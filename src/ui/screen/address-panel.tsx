import { Text } from 'ink';
import type { JSX } from 'react';
import type { ReadyEvent } from '../events.ts';
import { Panel } from './panel.tsx';
import { publicLine } from './plain.ts';
import { printable } from './printable.ts';
import { Tint } from './tint.tsx';

interface AddressPanelProps {
  ready: ReadyEvent;
  /** Printable text, such as the target. */
  note: string;
  columns: number;
}

/** Where something is reachable, the best address first and brightest, and below that what else to know. */
export function AddressPanel({ ready, note, columns }: AddressPanelProps): JSX.Element {
  const [best = ready.fqdn, ...others] = ready.urls.map(printable);
  const [everybody] = publicLine(ready);
  const width = Math.max(...[best, ...others, note, everybody ?? ''].map((line) => line.length));
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
      {everybody && <Tint color="yellow">{everybody}</Tint>}
      <Text dimColor>{note}</Text>
    </Panel>
  );
}
