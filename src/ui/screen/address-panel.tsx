import { Text } from 'ink';
import type { JSX } from 'react';
import stringWidth from 'string-width';
import type { ReadyEvent } from '../../events.ts';
import { publicLine } from '../plain.ts';
import { printable } from '../printable.ts';
import { Panel } from './panel.tsx';
import { Tint } from './tint.tsx';

interface AddressPanelProps {
  ready: ReadyEvent;
  /** Printable text, such as the target. */
  note: string;
  columns: number;
}

/** The addresses of a node, the best first and in bold, and a note below them. */
export function AddressPanel({ ready, note, columns }: AddressPanelProps): JSX.Element {
  const [best = ready.fqdn, ...others] = ready.urls.map(printable);
  const [open] = publicLine(ready);
  const width = Math.max(...[best, ...others, note, open ?? ''].map((line) => stringWidth(line)));
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
      {open && <Tint color="yellow">{open}</Tint>}
      <Text dimColor>{note}</Text>
    </Panel>
  );
}
