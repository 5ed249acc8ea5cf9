import type { Identity } from '../../identity/identity.ts';
import type { Chat } from '../room/chat.ts';
import type { ClientEvent, ServerEvent } from '../room/event.ts';
import { LOBBY } from '../room/room-name.ts';
import type { CloseReason, Session } from '../room/session.ts';
import { ChatLink } from './link.ts';
import { Outbox } from './outbox.ts';

/** A chat in the terminal of the person who runs it: without a connection, and as a moderator. */
export class LocalLink extends ChatLink {
  readonly #session: Session;
  readonly #outbox = new Outbox((said) => this.send({ type: 'say', ...said }));

  /** @param identity The person who runs the chat. */
  constructor(chat: Chat, identity: Identity) {
    super();
    const outlet = {
      send: (event: ServerEvent) => this.#receive(event),
      close: (reason: CloseReason) => this.#closed(reason),
    };
    const session = chat.connect(identity, outlet, { host: true });
    if (typeof session === 'string') throw new TypeError('Expected the identity of the node the chat runs on.');
    this.#session = session;
  }

  /** Enters the lobby; events arrive from then on. */
  enter(): void {
    this.send({ type: 'hello', room: LOBBY });
    this.emit('state', { name: 'open' });
  }

  get unsettled(): number {
    return this.#outbox.length;
  }

  say(text: string, ref?: string): string {
    return this.#outbox.add(text, ref);
  }

  send(event: ClientEvent): void {
    this.#session.receive(event);
  }

  close(): void {
    this.#session.close('quit');
  }

  #receive(event: ServerEvent): void {
    if (event.type === 'welcome') this.#outbox.enter(event.room);
    if (!this.#outbox.notice(event)) this.emit('event', event);
  }

  #closed(reason: CloseReason): void {
    this.#outbox.clear();
    const wanted = reason === 'quit';
    this.emit('state', { name: 'ended', reason: wanted ? 'You left the chat.' : 'The chat has ended.', wanted });
  }
}
