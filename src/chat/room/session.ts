import type { Identity } from '../../identity/identity.ts';
import { TokenBucket } from '../../token-bucket.ts';
import { isCommand, runCommand } from './command.ts';
import type { Member } from './directory.ts';
import { expandEmoji } from './emoji.ts';
import { type ClientEvent, type MessageEvent, type Person, Refusal, type ServerEvent } from './event.ts';
import { closeRoom, mute, openRoom, removeMessage, unmute } from './moderation.ts';
import type { Participant, ParticipantChat } from './participant.ts';
import { mayModerate, personOf } from './person.ts';
import { parseClientEvent } from './protocol.ts';
import type { Room } from './room.ts';
import { cleanText, lengthFault, MAX_TEXT } from './text.ts';

/**
 * Why a connection ends: `gone` the caller left the tailnet or its device belongs to someone else now, `flood` it sent
 * events faster than any person could, `quit` the person left, `lost` the connection broke, `shutdown` the chat ended.
 */
export type CloseReason = 'gone' | 'flood' | 'quit' | 'lost' | 'shutdown';

/** Where the events of a session go. */
export interface Outlet {
  send(event: ServerEvent): void;
  close(reason: CloseReason): void;
}

/** The chat as a session sees it. */
export interface SessionChat extends ParticipantChat {
  /** Returns a room, and creates it if needed. */
  room(name: string): Room | Refusal;
  /** Counts a message and reports it. */
  recordMessage(message: MessageEvent): void;
  /** Updates the name and picture of a person. */
  updatePerson(person: Person): void;
  /** Forgets a closed session; with `now`, without the grace period in which its person may come back. */
  disconnect(session: Session, now: boolean): void;
}

/** One connection: a tab, a terminal, or `nc`. Its person is determined when it connects and never changes. */
export class Session implements Participant {
  readonly chat: SessionChat;
  readonly member: Member;
  /** Where it is; undefined before `hello`, and after its room was closed. */
  room: Room | undefined;
  /** Whether it gets the list of rooms. */
  followsRooms = false;
  readonly #outlet: Outlet;
  readonly #host: boolean;
  #identity: Identity;
  // More than a person at a keyboard needs, less than a hostile program wants.
  readonly #events = new TokenBucket({ burst: 60, perSecond: 20 });
  #closed = false;

  constructor(
    chat: SessionChat,
    member: Member,
    outlet: Outlet,
    { identity, host }: { identity: Identity; host: boolean },
  ) {
    this.chat = chat;
    this.member = member;
    this.#outlet = outlet;
    this.#identity = identity;
    this.#host = host;
  }

  get moderator(): boolean {
    return this.#host || mayModerate(this.#identity);
  }

  deliver(event: ServerEvent): void {
    if (!this.#closed) this.#outlet.send(event);
  }

  /** Sends the client its own person and permissions. */
  deliverSelf(): void {
    if (this.room) this.deliver({ type: 'you', you: this.member.person, moderator: this.moderator });
  }

  /** Handles whatever the client sent. */
  receive(value: unknown): void {
    if (this.#closed) return;
    // rule: a connection that floods the chat is closed
    if (!this.#events.take()) {
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

  /** Moves to a room and welcomes the client there. */
  join(name: string, since?: string): Refusal | undefined {
    const { moving } = this.member;
    // The first room is part of connecting, which already took a token.
    // rule: a person changes rooms only so fast
    if (this.room && !moving.take()) {
      return new Refusal('slow-down', 'You are changing rooms too fast.', moving.wait);
    }
    const room = this.chat.room(name);
    if (room instanceof Refusal) return room;
    // rule: a closed room admits only moderators
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
    if (!room) return new Refusal('no-room', 'You are not in a room. Use /join lobby.');
    const receipt = room.history.receipt(member.person, ref);
    if (receipt) {
      this.deliver({ type: 'ack', ref, ...receipt });
      return undefined;
    }
    // rule: a message is cleaned — mutate: cleanText(written) => written
    const text = expandEmoji(cleanText(written));
    if (text === '') return new Refusal('empty', 'The message is empty.');
    const fault = lengthFault(text);
    // rule: a message has a bounded length
    if (fault) return new Refusal('too-long', fault);
    // rule: a person writes only so fast
    if (!member.saying.take()) return new Refusal('slow-down', 'You are writing too fast.', member.saying.wait);
    if (isCommand(text)) return runCommand(this, text, ref);
    // Two slashes stand for one, so that people can write about a command.
    return this.post(text.replace(/^\/\//, '/'), ref);
  }

  post(text: string, ref: string, action = false): Refusal | undefined {
    const { room, member } = this;
    if (!room) return undefined;
    // rule: a muted person cannot write
    if (member.muted) {
      const until = new Date(member.mutedUntil).toISOString().slice(11, 16);
      return new Refusal('muted', `A moderator muted you until ${until} UTC.`);
    }
    const message = room.say(member.person, { ref, text, action });
    this.deliver({ type: 'ack', ref, id: message.id, at: message.at });
    this.chat.recordMessage(message);
    return undefined;
  }

  leaveRoom(): void {
    this.room?.leave(this, true);
    this.room = undefined;
  }

  /** Follows what the network map says about the caller, and closes the session if it is someone else now. */
  identify(identity: Identity): void {
    const person = personOf(identity);
    // rule: a connection whose device is removed, expires, or changes hands is closed
    if (person?.id !== this.member.person.id) {
      this.close('gone');
      return;
    }
    const wasModerator = this.moderator;
    this.#identity = identity;
    this.chat.updatePerson(person);
    if (this.moderator !== wasModerator) this.deliverSelf();
  }

  /** Ends the session and tells the outlet why. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.chat.disconnect(this, reason === 'gone' || reason === 'quit');
    this.#outlet.close(reason);
  }
}
