import { Text } from 'ink';
import type { JSX } from 'react';
import type { ExposeEvent } from '../events.ts';
import { plainLines } from './plain.ts';
import { requestParts } from './request-line.ts';
import { ColorContext, Tint } from './tint.tsx';

interface EventLineProps {
  event: ExposeEvent;
  /** When it happened. */
  at: Date;
  color: boolean;
}

/** Something that happened, as one line of the log above the screen. */
export function EventLine({ event, at, color }: EventLineProps): JSX.Element {
  return (
    <ColorContext.Provider value={color}>
      {event.event === 'request' ? (
        <RequestLine parts={requestParts(event, at)} status={event.status} />
      ) : (
        <Tint color={event.event === 'error' ? 'red' : event.event === 'warning' ? 'yellow' : undefined}>
          {plainLines(event, at)
            .map(({ text }) => text)
            .join('\n')}
        </Tint>
      )}
    </ColorContext.Provider>
  );
}

function RequestLine({ parts, status }: { parts: ReturnType<typeof requestParts>; status: number }): JSX.Element {
  return (
    <Text>
      <Text dimColor>{parts.time}</Text> <Text bold>{parts.who}</Text> {parts.method} {parts.path}{' '}
      <Tint color={statusColor(status)}>{parts.status}</Tint> <Text dimColor>{parts.duration}</Text>
    </Text>
  );
}

function statusColor(status: number): string {
  if (status === 0 || status >= 500) return 'red';
  return status >= 400 ? 'yellow' : 'green';
}
