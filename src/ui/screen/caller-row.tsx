import { Text } from 'ink';
import type { JSX } from 'react';
import type { ConnectedCaller, Identity } from '../../identity/identity.ts';
import { printable } from '../printable.ts';
import { padColumns } from '../table.ts';
import { Tint } from './tint.tsx';

/** One caller who is connected: initials, login, device, and open WebSockets. */
export function CallerRow({ caller }: { caller: ConnectedCaller }): JSX.Element {
  const { identity, webSockets } = caller;
  const { kind, login, node, ip } = identity;
  const who = kind === 'user' ? login : kind === 'tagged' ? (node?.tags.join(', ') ?? ip) : ip;
  const device = kind === 'funnel' ? 'from the internet' : (node?.name ?? '');
  const sockets = webSockets === 0 ? '' : `  ${webSockets} WebSocket${webSockets === 1 ? '' : 's'}`;
  return (
    <Text wrap="truncate-end">
      <Tint bold color="magenta">
        {padColumns(initialsOf(identity), 2)}
      </Tint>
      {` ${printable(who)}`}
      <Text dimColor>{`  ${printable(device)}`}</Text>
      <Tint color="green">{sockets}</Tint>
    </Text>
  );
}

/** Returns up to two letters for a caller: of the name, the login, or the device. */
export function initialsOf({ kind, name, login, node }: Identity): string {
  const words = (kind === 'user' ? name || login : (node?.name ?? '')).split(/[\s@._-]+/u).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...printable(word)][0]!.toUpperCase());
  return letters.join('') || '?';
}
