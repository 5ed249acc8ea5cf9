import { EventEmitter } from 'node:events';
import type { ClientEvent, ServerEvent } from '../room/event.ts';

/** How a terminal is connected to a chat. */
export type LinkState =
  | { name: 'connecting' }
  | { name: 'open' }
  /** The connection is lost and will be tried again. */
  | { name: 'waiting' }
  /** It will not be tried again; `wanted` by whoever sits there. */
  | { name: 'ended'; reason: string; wanted: boolean };

export interface LinkEvents {
  event: [ServerEvent];
  state: [LinkState];
}

/** A chat as a terminal sees it, wherever the chat runs. */
export abstract class ChatLink extends EventEmitter<LinkEvents> {
  /** Says something; what is refused is reported as an event with this name of its own. */
  abstract say(text: string, ref?: string): string;
  /** How much of what was said the chat has yet to receive. */
  abstract readonly unsettled: number;
  /** Sends an event that may be lost. */
  abstract send(event: ClientEvent): void;
  abstract close(): void;
}
