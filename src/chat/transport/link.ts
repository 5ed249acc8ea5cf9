import { EventEmitter } from 'node:events';
import type { ClientEvent, ServerEvent } from '../room/event.ts';

/** The state of a connection to a chat. */
export type LinkState =
  | { name: 'connecting' }
  | { name: 'open' }
  /** The connection was lost; the client will reconnect. */
  | { name: 'waiting' }
  /** The client will not reconnect; `wanted` if the person left. */
  | { name: 'ended'; reason: string; wanted: boolean };

export interface LinkEvents {
  event: [ServerEvent];
  state: [LinkState];
}

/** A chat as a terminal sees it, whether it runs in this process or elsewhere. */
export abstract class ChatLink extends EventEmitter<LinkEvents> {
  /** Sends a message and returns its `ref`; a refusal arrives as an event with the same `ref`. */
  abstract say(text: string, ref?: string): string;
  /** How many messages the chat has not acknowledged yet. */
  abstract readonly unsettled: number;
  /** Sends an event, which is lost without a connection. */
  abstract send(event: ClientEvent): void;
  abstract close(): void;
}
