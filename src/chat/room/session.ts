import type { Identity } from '../../identity/identity.ts';
import { TokenBucket } from './bucket.ts';
import type { Chat } from './chat.ts';
import { isCommand, runCommand } from './command.ts';
import type { Member } from './directory.ts';
import { expandEmoji } from './emoji.ts';
import type { ClientEvent, ServerEvent } from './event.ts';
import { closeRoom, mute, openRoom, removeMessage, unmute } from './moderation.ts';
import { mayModerate, personOf } from './person.ts';
import { parseClientEvent } from './protocol.ts';
import { Refusal } from './refusal.ts';
import type { Room } from './room.ts';
import { cleanText, lengthFault, MAX_TEXT } from './text.ts';

/**
 * Why a connection ends: `gone` the caller is no longer on the tailnet or has become somebody else, `flood` it sent
 * events faster than any person, `quit` the person wanted to leave, `lost` the connection broke, `shutdown` the chat
 * ends.
 */
export type CloseReason = 'gone' | 'flood' | 'quit' | 'lost' | 'shutdown';

/** Where a session's events go. */
export interface Outlet {
  send(event: ServerEvent): void;
  close(reason: CloseReason): void;
}

/** One connection: a tab, a terminal, a line of `nc`. Its person was found at the connection and never changes. */
export class Session {
  readonly chat: Chat;
  readonly member: Member;
  /** Where it is; undefined before `hello`, and after its room was closed. */
  room: Room | undefined;
  /** Whether it gets the list of rooms. */
  followsRooms = false;
  readonly #outlet: Outlet;
  readonly #host: boolean;
  #identity: Identity;
  // Faster than a person with a keyboard, slower than a program that means harm.
  readonly #events = new TokenBucket({ burst: 60, perSecond: 20 });
  #closed = false;

  constructor(chat: Chat, member: Member, outlet: Outlet, { identity, host }: { identity: Identity; host: boolean }) {
    this.chat = chat;
    this.member = member;
    this.#outlet = outlet;
    this.#identity = identity;
    this.#host = host;
  }

  get moderator(): boolean {
    return this.#host || mayModerate(this.#identity);
  }

  /** Sends an event to the client. */
  deliver(event: ServerEvent): void {
    if (!this.#closed) this.#outlet.send(event);
  }

  /** Tells the client who it is. */
  deliverSelf(): void {
    if (this.room) this.deliver({ type: 'you', you: this.member.person, moderator: this.moderator });
  }

  /** Takes an event from the client, whatever it may be. */
  receive(value: unknown): void {
    if (this.#closed) return;
    if (this.#events.take() > 0) {
      this.close('flood');
      return;
    }
    const event = parseClientEvent(value);
    const refusal = event instanceof Refusal ? event : this.#handle(event);
    if (!refusal) return;
    const { code, message, retryAfter } = refusal;
    const ref = 'ref' in event ? { ref: event.ref } : {};
    this.deliver({ type: 'refused', code, message, ...ref, ...(retryAfter ? { retryAfter } : {}) });
  }

  #handle(event: ClientEvent): Refusal | undefined {
    switch (event.type) {
      case 'hello':
        return this.#hello(event.room, event.since, event.rooms === true);
      case 'say':
        return this.#say(event.text, event.ref);
      case 'typing':
        if (!this.member.muted) this.room?.typing(this.member);
        return undefined;
      case 'ping':
        this.deliver({ type: 'pong' });
        return undefined;
      case 'remove':
        return removeMessage(this, event.message);
      case 'mute':
        return mute(this, event.person, event.minutes);
      case 'unmute':
        return unmute(this, event.person);
      case 'close':
        return closeRoom(this);
      case 'open':
        return openRoom(this, event.room);
    }
  }

  #hello(room: string, since: string | undefined, rooms: boolean): Refusal | undefined {
    this.followsRooms = rooms;
    const refusal = this.join(room, since);
    if (rooms) this.deliver({ type: 'rooms', rooms: this.chat.rooms });
    return refusal;
  }

  /** Goes to a room and welcomes the client there. */
  join(name: string, since?: string): Refusal | undefined {
    // The first room is part of connecting, which has been paid for.
    const retryAfter = this.room ? this.member.moving.take() : 0;
    if (retryAfter > 0) return new Refusal('slow-down', 'You are changing rooms too fast.', retryAfter);
    const room = this.chat.room(name);
    if (room instanceof Refusal) return room;
    if (room.closed && !this.moderator) return new Refusal('room-closed', `The room ${name} is closed.`);
    if (this.room !== room) this.room?.leave(this, true);
    const missed = room.enter(this, since);
    this.room = room;
    const state = { room: name, you: this.member.person, moderator: this.moderator, people: room.people };
    this.deliver({ type: 'welcome', version: 1, ...state, ...missed, maxText: MAX_TEXT, history: room.history.length });
    return undefined;
  }

  #say(written: string, ref: string): Refusal | undefined {
    const { room, member } = this;
    if (!room) return new Refusal('no-room', 'You are in no room; go to one with /join lobby.');
    const receipt = room.history.receipt(member.person, ref);
    if (receipt) {
      this.deliver({ type: 'ack', ref, ...receipt });
      return undefined;
    }
    const text = expandEmoji(cleanText(written));
    if (text === '') return new Refusal('empty', 'The message is empty.');
    const fault = lengthFault(text);
    if (fault) return new Refusal('too-long', fault);
    const retryAfter = member.saying.take();
    if (retryAfter > 0) return new Refusal('slow-down', 'You are writing too fast.', retryAfter);
    if (isCommand(text)) return runCommand(this, text, ref);
    // Two slashes say one: the way to write about a command.
    return this.post(text.replace(/^\/\//, '/'), ref);
  }

  /** Passes a clean text on to the room. */
  post(text: string, ref: string, action = false): Refusal | undefined {
    const { room, member } = this;
    if (!room) return undefined;
    if (member.muted) {
      const until = new Date(member.mutedUntil).toISOString().slice(11, 16);
      return new Refusal('muted', `A moderator has muted you until ${until} UTC.`);
    }
    const message = room.say(member.person, { ref, text, action });
    this.deliver({ type: 'ack', ref, id: message.id, at: message.at });
    this.chat.said(message);
    return undefined;
  }

  /** Puts the session out of its room. */
  putOut(): void {
    this.room?.leave(this, true);
    this.room = undefined;
  }

  /** Follows what the network map says about the caller now. Whoever is no longer the same is put out. */
  identify(identity: Identity): void {
    const person = personOf(identity);
    if (person?.id !== this.member.person.id) {
      this.close('gone');
      return;
    }
    const wasModerator = this.moderator;
    this.#identity = identity;
    this.chat.renamed(person);
    if (this.moderator !== wasModerator) this.deliverSelf();
  }

  /** Ends the session; the outlet is told why. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.chat.disconnect(this, reason === 'gone' || reason === 'quit');
    this.#outlet.close(reason);
  }
}
