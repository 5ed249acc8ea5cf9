import { Text } from 'ink';
import type { JSX } from 'react';
import stringWidth from 'string-width';
import { printable } from '../printable.ts';
import { Tint } from './tint.tsx';

/** What the keys have done so far. */
export interface KeyModel {
  panel?: 'help' | 'qr';
  /** Which requests the log shows; all if it is empty. */
  filter: string;
  /** Whether the filter is being written. */
  isFiltering: boolean;
  /** What the last key has done. */
  notice?: string;
}

/** The model before the first key. */
export const NO_KEYS: KeyModel = { filter: '', isFiltering: false };

/** Each key, its short hint, and what it does. */
const KEYS: readonly [key: string, hint: string, help: string][] = [
  ['q', 'quit', 'quit'],
  ['o', 'open', 'open the app in a browser'],
  ['c', 'copy', 'copy the URL'],
  ['r', 'QR', 'show the URL as a QR code'],
  ['f', 'filter', 'show some requests only'],
  ['?', 'help', 'show this help'],
];
const LOGIN: [string, string, string] = ['Enter', 'log in', 'open the login page in a browser'];

/** The keys in one line; or the filter, or what a key has done. */
export function KeyLine({ keys, login, columns }: { keys: KeyModel; login: boolean; columns: number }): JSX.Element {
  const { filter, isFiltering, notice } = keys;
  if (isFiltering) {
    return (
      <Text wrap="truncate-start">
        <Tint color="cyan">filter › </Tint>
        {printable(filter)}
        <Text inverse> </Text>
      </Text>
    );
  }
  if (notice) return <Text wrap="truncate-end">{printable(notice)}</Text>;
  const all = login ? [LOGIN, ...KEYS] : KEYS;
  const long = all.map(([key, hint]) => `${key} ${hint}`).join(' · ');
  const hints = stringWidth(long) <= columns ? long : all.map(([key, hint]) => `${key} ${hint}`).join(' ');
  const short = `${login ? 'Enter ' : ''}q o c r f · ? help`;
  return (
    <Text dimColor wrap="truncate-end">
      {filter !== '' && `filter: ${printable(filter)} · `}
      {stringWidth(hints) <= columns ? hints : short}
    </Text>
  );
}

/** What each key does. */
export function helpRows(login: boolean): JSX.Element[] {
  return (login ? [LOGIN, ...KEYS] : KEYS).map(([key, , help]) => (
    <Text key={key} wrap="truncate-end">
      {'  '}
      <Tint bold color="cyan">
        {key.padEnd(5)}
      </Tint>
      {` ${help}`}
    </Text>
  ));
}
