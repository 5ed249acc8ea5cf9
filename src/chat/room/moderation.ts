/** What the capability `tsexpose.dev/cap/chat` with `{"moderate": true}` permits. Every action is announced. */
import { Refusal, type ServerEvent } from './event.ts';
import type { Participant } from './participant.ts';
import { CHAT_CAPABILITY } from './person.ts';

/** Longest mute, in minutes: one day. */
export const MAX_MUTE_MINUTES = 24 * 60;

/** Removes a message from the room and from every screen. */
export function removeMessage({ room, moderator, member }: Participant, id: string): Refusal | undefined {
  // rule: only a moderator removes messages
  if (!moderator) return notAllowed();
  const message = room?.history.messages().find((candidate) => candidate.id === id);
  if (!message) return new Refusal('not-found', 'This message is too old to remove, or was already removed.');
  room?.remove(message, member.person);
  return undefined;
}

/** Mutes a person in every room, for some minutes. */
export function mute(participant: Participant, personId: string, minutes: number): Refusal | undefined {
  // rule: only a moderator mutes people
  if (!participant.moderator) return notAllowed();
  const sessions = [...participant.chat.sessionsOf(personId)];
  const member = sessions[0]?.member;
  if (!member) return new Refusal('not-found', 'There is no one by that name here.');
  // rule: moderators cannot be muted
  if (sessions.some(({ moderator }) => moderator)) return new Refusal('not-allowed', 'Moderators cannot be muted.');
  member.mutedUntil = Date.now() + minutes * 60_000;
  const until = new Date(member.mutedUntil).toISOString();
  announce([participant, ...sessions], { type: 'muted', person: member.person, by: participant.member.person, until });
  return undefined;
}

/** Unmutes a person. */
export function unmute(participant: Participant, personId: string): Refusal | undefined {
  // rule: only a moderator unmutes people
  if (!participant.moderator) return notAllowed();
  const sessions = [...participant.chat.sessionsOf(personId)];
  const member = sessions[0]?.member;
  if (!member?.muted) return new Refusal('not-found', 'No one by that name is muted here.');
  member.mutedUntil = 0;
  announce([participant, ...sessions], { type: 'unmuted', person: member.person, by: participant.member.person });
  return undefined;
}

/** Closes the room: everyone but moderators is removed and kept out, and its messages are forgotten. */
export function closeRoom({ room, moderator, member, chat }: Participant): Refusal | undefined {
  // rule: only a moderator closes rooms
  if (!moderator) return notAllowed();
  if (!room) return new Refusal('no-room', 'You are not in a room.');
  room.closed = true;
  for (const message of room.history.messages()) room.history.forget(message);
  room.broadcast({ type: 'closed', room: room.name, by: member.person });
  for (const other of [...room.occupants]) if (!other.moderator) other.leaveRoom();
  chat.roomsChanged();
  return undefined;
}

/** Reopens a closed room. */
export function openRoom({ moderator, member, chat }: Participant, name: string): Refusal | undefined {
  // rule: only a moderator reopens rooms
  if (!moderator) return notAllowed();
  const room = chat.findRoom(name);
  if (!room?.closed) return new Refusal('not-found', `The room ${name} is not closed.`);
  room.closed = false;
  room.broadcast({ type: 'opened', room: name, by: member.person });
  chat.roomsChanged();
  return undefined;
}

function notAllowed(): Refusal {
  return new Refusal('not-allowed', `Only moderators can do that. The tailnet policy grants them ${CHAT_CAPABILITY}.`);
}

/** Sends an event to every room that one of the participants is in. */
function announce(participants: Participant[], event: ServerEvent): void {
  for (const room of new Set(participants.map((participant) => participant.room))) room?.broadcast(event);
}
