/** A conversation as lines of text, for whoever has no page: `nc`, a pipe, a terminal. */
import type { Person, RemovedEvent, ServerEvent, WelcomeEvent } from '../room/event.ts';
import { labelOf } from '../room/person.ts';

/** One thing that happened, in the parts that are shown. */
export interface TranscriptLine {
  kind: 'message' | 'action' | 'news' | 'notice' | 'refusal';
  /** When it happened, ISO 8601; absent for what is said to the reader alone. */
  at?: string;
  /** Who said it; absent where nobody did. */
  who?: { id: string; label: string; tags: string[] };
  /** May have several lines. */
  text: string;
}

/** What an event means to its reader; nothing for events that are no news. */
export function transcript(event: ServerEvent): TranscriptLine[] {
  switch (event.type) {
    case 'message':
      return [{ kind: event.action ? 'action' : 'message', at: event.at, who: speaker(event.from), text: event.text }];
    case 'welcome':
      return welcome(event);
    case 'join':
      return [{ kind: 'news', at: event.at, text: `${labelOf(event.person)} joined` }];
    case 'leave':
      return [{ kind: 'news', at: event.at, text: `${labelOf(event.person)} left` }];
    case 'removed':
      return [{ kind: 'news', at: event.at, text: removed(event) }];
    case 'muted':
      return [
        { kind: 'notice', text: `${labelOf(event.by)} muted ${labelOf(event.person)} until ${timeOf(event.until)}` },
      ];
    case 'unmuted':
      return [{ kind: 'notice', text: `${labelOf(event.by)} lets ${labelOf(event.person)} write again` }];
    case 'closed':
      return [{ kind: 'notice', text: `${labelOf(event.by)} closed the room ${event.room}` }];
    case 'opened':
      return [{ kind: 'notice', text: `${labelOf(event.by)} opened the room ${event.room}` }];
    case 'notice':
      return [{ kind: 'notice', text: event.text }];
    case 'refused':
      return [{ kind: 'refusal', text: event.message }];
    case 'ack':
    case 'person':
    case 'pong':
    case 'rooms':
    case 'typing':
    case 'you':
      return [];
  }
}

function speaker(person: Person): TranscriptLine['who'] {
  return { id: person.id, label: labelOf(person), tags: person.tags };
}

function welcome({ room, you, people, entries, complete }: WelcomeEvent): TranscriptLine[] {
  const others = people.filter(({ id }) => id !== you.id).map(describe);
  const company = others.length === 0 ? 'alone so far' : `with ${listed(others)}`;
  const lines: TranscriptLine[] = [{ kind: 'notice', text: `You are ${describe(you)} in ${room}, ${company}.` }];
  if (!complete) lines.push({ kind: 'notice', text: 'Something may have been said here that cannot be shown.' });
  return [...lines, ...entries.flatMap(transcript)];
}

/** A person with what tells them from everybody else. */
function describe({ name, handle, kind, tags }: Person): string {
  if (kind === 'device') return `${name} [${tags.join(', ')}]`;
  return name === handle ? name : `${name} (${handle})`;
}

function listed(people: string[]): string {
  const shown = people.length > 8 ? [...people.slice(0, 7), `${people.length - 7} more`] : people;
  return shown.length === 1 ? `${shown[0]}` : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

function removed({ by }: RemovedEvent): string {
  return `${labelOf(by)} removed a message`;
}

/** A line as plain text. What follows the first line is indented, so that no text can pass for somebody's line. */
export function plainText({ kind, at, who, text }: TranscriptLine): string {
  const time = at === undefined ? '' : `${timeOf(at)} `;
  const speaker = who ? (kind === 'action' ? `* ${who.label} ` : `${who.label}: `) : '-- ';
  return `${time}${speaker}${text.replaceAll('\n', '\n      ')}`;
}

/** The time of day where this program runs, `14:02`. */
function timeOf(at: string): string {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}
