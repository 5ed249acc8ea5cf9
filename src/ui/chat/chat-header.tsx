import { Box, renderToString, Text } from 'ink';
import type { JSX } from 'react';
import type { ReadyEvent } from '../../events.ts';
import { printable } from '../printable.ts';
import { AddressPanel } from '../screen/address-panel.tsx';
import type { Door } from '../screen/door-list.tsx';
import { DoorList } from '../screen/door-list.tsx';
import { ColorContext } from '../screen/tint.tsx';

interface HeaderShape {
  columns: number;
  /** Whether the names only resolve in a sandbox: its doors say how to join. @default false */
  sandbox?: boolean;
}

/** The URL of the chat, and the other ways to join. */
export function ChatHeader({ ready, columns, sandbox }: HeaderShape & { ready: ReadyEvent }): JSX.Element {
  const name = printable(ready.name);
  const terminal = `or in a terminal: tsexpose chat join ${name}, nc ${name} 2323`;
  const note = sandbox ? 'These addresses only work in the sandbox; on this machine, use the doors below.' : terminal;
  return <AddressPanel ready={ready} note={note} columns={columns} />;
}

/** Returns the top of the conversation as text, because it scrolls away with the rest. */
export function headerText(ready: ReadyEvent, { columns, color, sandbox }: HeaderShape & { color: boolean }): string {
  const view = (
    <ColorContext.Provider value={color}>
      <Box marginTop={1}>
        <ChatHeader ready={ready} columns={columns} sandbox={sandbox} />
      </Box>
    </ColorContext.Provider>
  );
  return renderToString(view, { columns });
}

/** Returns the doors of a sandbox as text: this machine cannot resolve the sandbox's names. */
export function doorsText(doors: Door[], { columns, color }: { columns: number; color: boolean }): string {
  const view = (
    <ColorContext.Provider value={color}>
      <Box flexDirection="column" marginBottom={1}>
        <DoorList doors={doors} />
        {doors[0] && <Text dimColor>{`or in a terminal: tsexpose chat join ${printable(doors[0].url)}`}</Text>}
      </Box>
    </ColorContext.Provider>
  );
  return renderToString(view, { columns });
}
