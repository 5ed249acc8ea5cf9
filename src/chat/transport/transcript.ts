/** A conversation as lines of text, for `nc`, pipes, and terminals. */
import type { Person, RemovedEvent, ServerEvent, WelcomeEvent } from '../room/event.ts';
import { labelOf } from '../room/person.ts';

const LIST = new Intl.ListFormat('en');

/** A line of the conversation, in the parts that are shown. */
export interface TranscriptLine {
  kind: 'message' | 'action' | 'news' | 'notice' | 'refusal';
  /** When it happened, ISO 8601; undefined for what only the reader gets. */
  at?: string;
  /** The author of a message. */
  who?: { id: string; label: string; tags: string[] };
  /** May have several lines. */
  text: string;
}

/** Returns what an event tells its reader, in lines; none for events that are not shown. */
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
      return [{ kind: 'notice', text: `${labelOf(event.by)} unmuted ${labelOf(event.person)}` }];
    case 'closed':
      return [{ kind: 'notice', text: `${labelOf(event.by)} closed the room ${event.room}` }];
    case 'opened':
      return [{ kind: 'notice', text: `${labelOf(event.by)} reopened the room ${event.room}` }];
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
  const company = others.length === 0 ? 'alone for now' : `with ${listed(others)}`;
  const lines: TranscriptLine[] = [{ kind: 'notice', text: `You are ${describe(you)} in ${room}, ${company}.` }];
  if (!complete) lines.push({ kind: 'notice', text: 'Some messages may be missing here.' });
  return [...lines, ...entries.flatMap(transcript)];
}

/** Returns a person's name with what makes it unique. */
function describe({ name, handle, kind, tags }: Person): string {
  if (kind === 'device') return `${name} [${tags.join(', ')}]`;
  return name === handle ? name : `${name} (${handle})`;
}

function listed(people: string[]): string {
  const shown = people.length > 8 ? [...people.slice(0, 7), `${people.length - 7} more`] : people;
  return LIST.format(shown);
}

function removed({ by }: RemovedEvent): string {
  return `${labelOf(by)} removed a message`;
}

/** Returns a line as plain text. Further rows are indented, so that no text can look like someone else's line. */
export function plainText({ kind, at, who, text }: TranscriptLine): string {
  const time = at === undefined ? '' : `${timeOf(at)} `;
  const speaker = who ? (kind === 'action' ? `* ${who.label} ` : `${who.label}: `) : '-- ';
  return `${time}${speaker}${text.replaceAll('\n', '\n      ')}`;
}

/** Returns the local time of day, such as `14:02`. */
function timeOf(at: string): string {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}
