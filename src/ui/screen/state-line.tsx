import { Text } from 'ink';
import type { JSX } from 'react';
import { STATE_WORDS } from '../plain.ts';
import { printable } from '../printable.ts';
import type { ExposeModel } from './expose-model.ts';
import type { Traffic } from './request-stats.ts';
import { Tint } from './tint.tsx';

const COLORS: Record<ExposeModel['state'], string> = {
  starting: 'yellow',
  'needs-login': 'yellow',
  'needs-approval': 'yellow',
  running: 'green',
  stopping: 'yellow',
  stopped: 'red',
  failed: 'red',
};

/** The state of the node and of the target, and how to stop. */
export function StateLine({ model, keys }: { model: ExposeModel; keys: boolean }): JSX.Element {
  const { state, message, pending, down = [] } = model;
  const isDown = state === 'running' && down.length > 0;
  const words = [stateWords(state)];
  if (message) words.push(printable(message));
  if (isDown) words.push(down.length === 1 ? 'the app is down' : `${down.length} apps are down`);
  if (pending && state === 'running') words.push(pending);
  if (state === 'stopped' || state === 'failed') {
    if (model.traffic.total > 0) words.push(totalText(model.traffic));
  } else if (state === 'stopping') words.push('Ctrl-C again to quit immediately');
  else if (!keys) words.push('Ctrl-C to stop');
  return (
    <Text wrap="truncate-end">
      <Tint color={isDown ? 'red' : COLORS[state]}>{state === 'running' && !isDown ? '●' : '○'}</Tint>
      <Text dimColor>{` ${words.join(' · ')}`}</Text>
    </Text>
  );
}

/** How many requests there were, and how fast they are. */
export function TrafficLine({ traffic, columns }: { traffic: Traffic; columns: number }): JSX.Element {
  const { rate, p50, p99 } = traffic;
  const words = [totalText(traffic), `${rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')}/s`];
  if (p50 !== undefined && p99 !== undefined) words.push(`p50 ${duration(p50)}`, `p99 ${duration(p99)}`);
  const long = words.join(' · ');
  return (
    <Text dimColor wrap="truncate-end">
      {long.length <= columns ? long : long.replace(/ requests?/, '').replaceAll(' · ', '  ')}
    </Text>
  );
}

function stateWords(state: ExposeModel['state']): string {
  if (state === 'failed') return 'could not start';
  return state === 'stopping' ? 'stopping' : STATE_WORDS[state];
}

function totalText({ total }: Traffic): string {
  return `${total.toLocaleString('en')} ${total === 1 ? 'request' : 'requests'}`;
}

function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
