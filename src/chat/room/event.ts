/**
 * The events between the chat and its clients: version 1 of the protocol in `docs/chat.md`. Each event is one JSON
 * object with a `type`; receivers ignore types and fields they do not know.
 */

/** Name and version of the protocol, offered as the WebSocket's subprotocol. */
export const PROTOCOL = 'tsexpose.chat.v1';

/** Path of the WebSocket. No room can be called `-`, so every path below it is free for the page's own resources. */
export const WEBSOCKET_PATH = '/-/ws';

/** A person or device in a chat, identified by the connection; no part of it comes from the client. */
export interface Person {
  /** `u:` and the user ID, or `n:` and the stable node ID. The same in every tab and on every device of a user. */
  id: string;
  kind: 'user' | 'device';
  /** Display name of a user, short name of a device. */
  name: string;
  /** Login of a user, MagicDNS name of a device. Unique. */
  handle: string;
  /** Tags of a device; empty for a user. */
  tags: string[];
  /** URL of the profile picture, if there is one. */
  picture?: string;
  /** Someone else has a name that reads the same: show the handle next to it. */
  ambiguous?: true;
}

/** A message. */
export interface MessageEvent {
  type: 'message';
  /** Unique, and increasing within a room: `<epoch>-<number>`. */
  id: string;
  /** The sender's own ID for it. Together with `from.id` it identifies a message that was sent twice. */
  ref: string;
  room: string;
  from: Person;
  text: string;
  /** Sent with `/me`: the text continues the name. */
  action?: true;
  /** When the chat received it, ISO 8601. */
  at: string;
}

/** A moderator removed a message. */
export interface RemovedEvent {
  type: 'removed';
  id: string;
  /** ID of the removed message. */
  message: string;
  by: Person;
  at: string;
}

/** What a room keeps for clients that reconnect. */
export type RoomEntry = MessageEvent | RemovedEvent;

/** The answer to `hello`, and to each change of room. */
export interface WelcomeEvent {
  type: 'welcome';
  version: 1;
  room: string;
  you: Person;
  /** Whether the receiver may remove messages, mute people and close rooms. */
  moderator: boolean;
  people: Person[];
  /** Everything since the receiver was last here, or the history that newcomers get. */
  entries: RoomEntry[];
  /** Whether `entries` is complete: nothing since the receiver was last here is missing. */
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

/** Why the chat refused an event. */
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
  /** A sentence for the person. */
  message: string;
  /** The `ref` of the refused `say`. */
  ref?: string;
  /** With `slow-down`: milliseconds until the same event would be accepted. */
  retryAfter?: number;
}

/** A refusal before it becomes an event: a code for programs and a sentence for people. */
export class Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Milliseconds until the same event would be accepted. */
  readonly retryAfter: number | undefined;

  constructor(code: RefusalCode, message: string, retryAfter?: number) {
    this.code = code;
    this.message = message;
    this.retryAfter = retryAfter;
  }
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

/** The room a client wants to be in, and the last entry it has of that room. */
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
  /** Answered with `pong`: a page cannot see the WebSocket's own pings. */
  | { type: 'ping' }
  | { type: 'remove'; message: string }
  | { type: 'mute'; person: string; minutes: number }
  | { type: 'unmute'; person: string }
  | { type: 'close' }
  | { type: 'open'; room: string };
