import { Box } from 'ink';
import type { JSX } from 'react';
import { printable } from '../printable.ts';
import { AddressPanel } from './address-panel.tsx';
import { DoorList } from './door-list.tsx';
import type { ExposeModel } from './expose-model.ts';
import { LoginPanel } from './login-panel.tsx';
import { StateLine } from './state-line.tsx';
import { ColorContext } from './tint.tsx';

export interface ExposeScreenProps {
  model: ExposeModel;
  /** Width of the terminal in columns. */
  columns: number;
  /** Whether to use colors. */
  color: boolean;
}

/** The live part of the terminal; the log scrolls by above it. */
export function ExposeScreen({ model, columns, color }: ExposeScreenProps): JSX.Element {
  return (
    <ColorContext.Provider value={color}>
      <Box flexDirection="column" marginTop={1}>
        {model.login && <LoginPanel name={model.name} url={model.login} columns={columns} />}
        {model.ready && (
          <AddressPanel ready={model.ready} note={`→ ${printable(model.ready.target)}`} columns={columns} />
        )}
        <DoorList doors={model.doors} />
        <Box marginTop={model.ready || model.login ? 1 : 0}>
          <StateLine model={model} />
        </Box>
      </Box>
    </ColorContext.Provider>
  );
}
