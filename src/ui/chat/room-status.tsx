import { Text } from 'ink';
import type { JSX } from 'react';
import type { Person } from '../../chat/room/event.ts';
import { labelOf } from '../../chat/room/person.ts';
import { printable } from '../printable.ts';
import { Tint } from '../screen/tint.tsx';
import type { RoomModel } from './room-model.ts';

const MOST_NAMES = 8;

/** Who is typing; an empty line if no one is, so that the screen does not jump. */
export function TypingLine({ model }: { model: RoomModel }): JSX.Element {
  const names = model.typing.flatMap(({ id }) => {
    const person = model.people.find((candidate) => candidate.id === id);
    return person ? [label(person)] : [];
  });
  const several = names.length > 3 ? 'Several people are' : `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'}`;
  return <Text dimColor>{names.length === 0 ? ' ' : `${several} typing…`}</Text>;
}

/** The state of the connection, and who is here. */
export function RoomStatus({ model, stopping }: { model: RoomModel; stopping: boolean }): JSX.Element {
  const { link, reason, people, you } = model;
  const others = people.filter(({ id }) => id !== you?.id).map(label);
  const shown = others.length > MOST_NAMES ? [...others.slice(0, MOST_NAMES), '…'] : others;
  const here = others.length === 0 ? 'no one else is here' : `${people.length} here: you, ${shown.join(', ')}`;
  const words = link === 'open' ? [here, 'Tab completes', '/help'] : [LINK_WORDS[link]];
  words.push('Ctrl-C to leave');
  if (link === 'ended') words.splice(0, words.length, printable(reason ?? ''));
  if (stopping) words.splice(0, words.length, 'stopping', 'Ctrl-C again to exit now');
  const well = link === 'open' && !stopping;
  return (
    <Text wrap="truncate-end">
      <Tint color={well ? 'green' : 'yellow'}>{well ? '●' : '○'}</Tint>
      <Text dimColor>{` ${words.join(' · ')}`}</Text>
    </Text>
  );
}

const LINK_WORDS: Record<RoomModel['link'], string> = {
  connecting: 'connecting…',
  open: '',
  waiting: 'connection lost, reconnecting…',
  ended: '',
};

function label(person: Person): string {
  return printable(labelOf(person));
}
