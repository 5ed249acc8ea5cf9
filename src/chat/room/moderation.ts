/** What the capability `tsexpose.dev/cap/chat` with `{"moderate": true}` lets its holder do. Everybody is told of it. */
import type { ServerEvent } from './event.ts';
import { CHAT_CAPABILITY } from './person.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';

/** Longest mute, in minutes: a day. */
export const MAX_MUTE_MINUTES = 24 * 60;

/** Removes a message from the room, wherever it is on a screen. */
export function removeMessage(session: Session, id: string): Refusal | undefined {
  const { room, moderator, member } = session;
  if (!moderator) return notAllowed();
  const message = room?.history.messages().find((candidate) => candidate.id === id);
  if (!message) return new Refusal('not-found', 'That message is too old to be removed, or is gone already.');
  room?.remove(message, member.person);
  return undefined;
}

/** Lets a person only read, in every room, for some minutes. */
export function mute(session: Session, personId: string, minutes: number): Refusal | undefined {
  if (!session.moderator) return notAllowed();
  const sessions = [...session.chat.sessionsOf(personId)];
  const member = sessions[0]?.member;
  if (!member) return new Refusal('not-found', 'Nobody of that name is here.');
  if (sessions.some(({ moderator }) => moderator)) {
    return new Refusal('not-allowed', 'Whoever may moderate cannot be muted.');
  }
  member.mutedUntil = Date.now() + minutes * 60_000;
  const until = new Date(member.mutedUntil).toISOString();
  tell([session, ...sessions], { type: 'muted', person: member.person, by: session.member.person, until });
  return undefined;
}

/** Lets a muted person write again. */
export function unmute(session: Session, personId: string): Refusal | undefined {
  if (!session.moderator) return notAllowed();
  const sessions = [...session.chat.sessionsOf(personId)];
  const member = sessions[0]?.member;
  if (!member?.muted) return new Refusal('not-found', 'Nobody of that name is muted here.');
  member.mutedUntil = 0;
  tell([session, ...sessions], { type: 'unmuted', person: member.person, by: session.member.person });
  return undefined;
}

/** Closes the room: whoever may not moderate is put out and stays out, and what was said is forgotten. */
export function closeRoom({ room, moderator, member, chat }: Session): Refusal | undefined {
  if (!moderator) return notAllowed();
  if (!room) return new Refusal('no-room', 'You are in no room.');
  room.closed = true;
  for (const message of room.history.messages()) room.history.forget(message);
  room.broadcast({ type: 'closed', room: room.name, by: member.person });
  for (const other of [...room.sessions]) if (!other.moderator) other.putOut();
  chat.changed();
  return undefined;
}

/** Opens a closed room to everybody again. */
export function openRoom({ moderator, member, chat }: Session, name: string): Refusal | undefined {
  if (!moderator) return notAllowed();
  const room = chat.findRoom(name);
  if (!room?.closed) return new Refusal('not-found', `The room ${name} is not closed.`);
  room.closed = false;
  room.broadcast({ type: 'opened', room: name, by: member.person });
  chat.changed();
  return undefined;
}

function notAllowed(): Refusal {
  return new Refusal('not-allowed', `Only those may do that to whom the tailnet grants ${CHAT_CAPABILITY}.`);
}

/** Tells every room that one of the sessions is in. */
function tell(sessions: Session[], event: ServerEvent): void {
  for (const room of new Set(sessions.map((session) => session.room))) room?.broadcast(event);
}
