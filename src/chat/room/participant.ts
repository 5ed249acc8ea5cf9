import type { Refusal, RoomSummary } from './event.ts';
import type { Occupant, Room } from './room.ts';

/** A connection as commands and moderation see it. */
export interface Participant extends Occupant {
  readonly chat: ParticipantChat;
  /** The room it is in, if any. */
  readonly room: Room | undefined;
  /** Moves to a room. */
  join(name: string): Refusal | undefined;
  /** Sends a clean text to the room. */
  post(text: string, ref: string, action?: boolean): Refusal | undefined;
  close(reason: 'quit'): void;
}

/** The chat as commands and moderation see it. */
export interface ParticipantChat {
  readonly rooms: RoomSummary[];
  findRoom(name: string): Room | undefined;
  /** All connections of a person. */
  sessionsOf(personId: string): Iterable<Participant>;
  /** Announces that the list of rooms changed. */
  roomsChanged(): void;
}
