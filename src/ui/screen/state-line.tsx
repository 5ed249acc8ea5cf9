import { Text } from 'ink';
import type { JSX } from 'react';
import type { ExposeModel } from './expose-model.ts';
import { printable } from './printable.ts';
import { STATE_WORDS } from './state-words.ts';
import { Tint } from './tint.tsx';

const COLORS: Record<ExposeModel['state'], string> = {
  starting: 'yellow',
  'needs-login': 'yellow',
  'needs-approval': 'yellow',
  running: 'green',
  stopping: 'yellow',
  stopped: 'red',
};

/** How the node is, what has come through it, and how to leave. */
export function StateLine({ model }: { model: ExposeModel }): JSX.Element {
  const { state, requests, message } = model;
  const words = [state === 'stopping' ? 'stopping' : STATE_WORDS[state]];
  if (message) words.push(printable(message));
  if (requests > 0) words.push(`${requests.toLocaleString('en')} ${requests === 1 ? 'request' : 'requests'}`);
  if (state === 'stopping') words.push('Ctrl-C again to leave at once');
  else if (state !== 'stopped') words.push('Ctrl-C to stop');
  return (
    <Text>
      <Tint color={COLORS[state]}>{state === 'running' ? '●' : '○'}</Tint>
      <Text dimColor>{` ${words.join(' · ')}`}</Text>
    </Text>
  );
}
