import { Box, renderToString, Text } from 'ink';
import type { JSX } from 'react';
import type { ReadyEvent } from '../../events.ts';
import { printable } from '../printable.ts';
import { AddressPanel } from '../screen/address-panel.tsx';
import type { Door } from '../screen/door-list.tsx';
import { DoorList } from '../screen/door-list.tsx';
import { ColorContext } from '../screen/tint.tsx';

/** The URL of the chat, and the other ways to join. */
export function ChatHeader({ ready, columns }: { ready: ReadyEvent; columns: number }): JSX.Element {
  const name = printable(ready.name);
  const terminal = `or in a terminal: tsexpose chat join ${name}, nc ${name} 2323`;
  return <AddressPanel ready={ready} note={terminal} columns={columns} />;
}

/** Returns the top of the conversation as text, because it scrolls away with the rest. */
export function headerText(ready: ReadyEvent, { columns, color }: { columns: number; color: boolean }): string {
  const view = (
    <ColorContext.Provider value={color}>
      <Box marginTop={1}>
        <ChatHeader ready={ready} columns={columns} />
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
