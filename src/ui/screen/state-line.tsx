import { Text } from 'ink';
import type { JSX } from 'react';
import { STATE_WORDS } from '../plain.ts';
import { printable } from '../printable.ts';
import type { ExposeModel } from './expose-model.ts';
import { Tint } from './tint.tsx';

const COLORS: Record<ExposeModel['state'], string> = {
  starting: 'yellow',
  'needs-login': 'yellow',
  'needs-approval': 'yellow',
  running: 'green',
  stopping: 'yellow',
  stopped: 'red',
};

/** The state of the node, the number of requests, and how to stop. */
export function StateLine({ model }: { model: ExposeModel }): JSX.Element {
  const { state, requests, message, pending } = model;
  const words = [state === 'stopping' ? 'stopping' : STATE_WORDS[state]];
  if (message) words.push(printable(message));
  if (pending && state === 'running') words.push(pending);
  if (requests > 0) words.push(`${requests.toLocaleString('en')} ${requests === 1 ? 'request' : 'requests'}`);
  if (state === 'stopping') words.push('Ctrl-C again to quit immediately');
  else if (state !== 'stopped') words.push('Ctrl-C to stop');
  return (
    <Text>
      <Tint color={COLORS[state]}>{state === 'running' ? '●' : '○'}</Tint>
      <Text dimColor>{` ${words.join(' · ')}`}</Text>
    </Text>
  );
}
