import type { Person, ServerEvent } from '../../chat/room/event.ts';
import type { LinkState } from '../../chat/transport/link.ts';

/** What a terminal shows of a room besides its messages, collected from its events. */
export interface RoomModel {
  room: string;
  you?: Person;
  moderator: boolean;
  people: readonly Person[];
  /** Who is typing, and until when that is shown (epoch milliseconds). */
  typing: readonly { id: string; until: number }[];
  link: LinkState['name'];
  /** Why the connection ended. */
  reason?: string;
}

/** How long a person is shown as typing, in milliseconds. */
export const TYPING_MS = 5_000;

export const EMPTY_ROOM: RoomModel = { room: '', moderator: false, people: [], typing: [], link: 'connecting' };

/** Returns the room after an event. */
export function nextRoom(model: RoomModel, event: ServerEvent, now: number): RoomModel {
  switch (event.type) {
    case 'welcome': {
      const { room, you, moderator, people } = event;
      return { ...model, room, you, moderator, people, typing: [] };
    }
    case 'join':
      return { ...model, people: [...without(model.people, event.person.id), event.person] };
    case 'leave':
      return { ...quiet(model, event.person.id), people: without(model.people, event.person.id) };
    case 'person':
      return {
        ...model,
        people: model.people.map((person) => (person.id === event.person.id ? event.person : person)),
      };
    case 'you':
      return { ...model, you: event.you, moderator: event.moderator };
    case 'typing':
      return { ...model, typing: [...quiet(model, event.person).typing, { id: event.person, until: now + TYPING_MS }] };
    case 'message':
      return quiet(model, event.from.id);
    case 'closed':
      return model.moderator ? model : { ...model, people: model.you ? [model.you] : [], typing: [] };
    default:
      return model;
  }
}

/** Returns the room after its connection changed. */
export function nextLink(model: RoomModel, state: LinkState): RoomModel {
  return { ...model, link: state.name, reason: state.name === 'ended' ? state.reason : undefined, typing: [] };
}

/** Returns the room without people who stopped typing. */
export function stillTyping(model: RoomModel, now: number): RoomModel {
  const typing = model.typing.filter(({ until }) => until > now);
  return typing.length === model.typing.length ? model : { ...model, typing };
}

function quiet(model: RoomModel, id: string): RoomModel {
  return { ...model, typing: model.typing.filter((typing) => typing.id !== id) };
}

function without(people: readonly Person[], id: string): Person[] {
  return people.filter((person) => person.id !== id);
}
