/**
 * What the chat and its clients say to each other: version 1 of the protocol that `docs/chat.md` describes. Every
 * event is one JSON object with a `type`; receivers ignore types and fields that they do not know.
 */

/** Name of the protocol and its version, offered as the WebSocket's subprotocol. */
export const PROTOCOL = 'tsexpose.chat.v1';

/** Somebody in a chat, known by the connection; nothing of it comes from the client. */
export interface Person {
  /** `u:` and the user ID, or `n:` and the stable node ID. The same in every tab and on every device of a user. */
  id: string;
  kind: 'user' | 'device';
  /** Display name of a user, short name of a device. */
  name: string;
  /** Login of a user, MagicDNS name of a device. No two people share it. */
  handle: string;
  /** Tags of a device; empty for a user. */
  tags: string[];
  /** URL of the profile picture; absent when there is none. */
  picture?: string;
  /** Somebody else has been here with a name that reads the same: show the handle beside it. */
  ambiguous?: true;
}

/** Something that was said. */
export interface MessageEvent {
  type: 'message';
  /** Unique, and increasing within a room: `<epoch>-<number>`. */
  id: string;
  /** The sender's own name for it. With `from.id` it tells a message that was sent twice. */
  ref: string;
  room: string;
  from: Person;
  text: string;
  /** Said with `/me`: to be read after the name. */
  action?: true;
  /** When the chat received it, ISO 8601. */
  at: string;
}

/** A moderator has removed a message. */
export interface RemovedEvent {
  type: 'removed';
  id: string;
  /** ID of the message that is gone. */
  message: string;
  by: Person;
  at: string;
}

/** What a room remembers for those who come back. */
export type RoomEntry = MessageEvent | RemovedEvent;

/** The first event after `hello` and after each change of room. */
export interface WelcomeEvent {
  type: 'welcome';
  version: 1;
  room: string;
  you: Person;
  /** Whether the receiver may remove messages, mute people and close rooms. */
  moderator: boolean;
  people: Person[];
  /** What was said since the receiver was last here, or the history that newcomers get. */
  entries: RoomEntry[];
  /** Whether `entries` holds everything since the receiver was last here. */
  complete: boolean;
  /** Longest message in characters (Unicode code points). */
  maxText: number;
  /** How many messages newcomers get. */
  history: number;
}

/** A room in the list of rooms. */
export interface RoomSummary {
  name: string;
  people: number;
  closed?: true;
}

/** Why the chat did not do what it was asked to. */
export type RefusalCode =
  | 'bad-event'
  | 'unknown-event'
  | 'empty'
  | 'too-long'
  | 'slow-down'
  | 'muted'
  | 'no-room'
  | 'room-closed'
  | 'too-many-rooms'
  | 'bad-room'
  | 'not-allowed'
  | 'not-found';

export interface RefusedEvent {
  type: 'refused';
  code: RefusalCode;
  /** One sentence for the person. */
  message: string;
  /** The `say` that was refused. */
  ref?: string;
  /** With `slow-down`: milliseconds after which the same event would be accepted. */
  retryAfter?: number;
}

export type ServerEvent =
  | WelcomeEvent
  | RoomEntry
  | RefusedEvent
  | { type: 'ack'; ref: string; id?: string; at?: string }
  | { type: 'join'; person: Person; at: string }
  | { type: 'leave'; person: Person; at: string }
  | { type: 'person'; person: Person }
  | { type: 'you'; you: Person; moderator: boolean }
  | { type: 'typing'; person: string }
  | { type: 'pong' }
  | { type: 'notice'; text: string }
  | { type: 'rooms'; rooms: RoomSummary[] }
  | { type: 'muted'; person: Person; by: Person; until: string }
  | { type: 'unmuted'; person: Person; by: Person }
  | { type: 'closed'; room: string; by: Person }
  | { type: 'opened'; room: string; by: Person };

/** Where a client wants to be, and the last entry of that room that it has. */
export interface HelloEvent {
  type: 'hello';
  room: string;
  since?: string;
  /** Whether to send `rooms` events. @default false */
  rooms?: boolean;
}

export type ClientEvent =
  | HelloEvent
  | { type: 'say'; ref: string; text: string }
  | { type: 'typing' }
  /** Answered with `pong`: browsers cannot see the pings of the WebSocket itself. */
  | { type: 'ping' }
  | { type: 'remove'; message: string }
  | { type: 'mute'; person: string; minutes: number }
  | { type: 'unmute'; person: string }
  | { type: 'close' }
  | { type: 'open'; room: string };
