import type { Identity } from '../../identity/identity.ts';
import type { Person } from './event.ts';
import { displayName, shownLogin } from './name.ts';
import { cleanName } from './text.ts';

/** Application capability of the chat. A value of `{"moderate": true}` makes its holder a moderator. */
export const CHAT_CAPABILITY = 'tsexpose.dev/cap/chat';

/**
 * Returns the person behind a connection: a user by user ID, a tagged device by its stable node ID. Undefined for a
 * caller that whois does not know, and for one from the public internet: this chat has no anonymous members.
 */
export function personOf(identity: Identity): Person | undefined {
  const { kind, userId, login, name, picture, node } = identity;
  if (kind === 'user' && userId !== '') {
    const handle = shownLogin(login);
    const { shown, plain } = name === login ? { shown: handle, plain: true } : displayName(name);
    const person: Person = { id: `u:${userId}`, kind: 'user', name: shown || handle, handle, tags: [] };
    // rule: a name that could be read as more than a name is shown with the login
    // mutate: shown !== '' && !plain => false
    return { ...person, ...pictureOf(picture), ...(shown !== '' && !plain && { ambiguous: true }) };
  }
  if (kind === 'tagged' && node) {
    const handle = cleanName(node.fqdn);
    return { id: `n:${node.id}`, kind: 'device', name: cleanName(node.name), handle, tags: node.tags.map(cleanName) };
  }
  return undefined;
}

// Plain HTTP would fetch the picture in the clear, and other schemes could be anything.
function pictureOf(picture: string): { picture?: string } {
  // rule: a picture comes over HTTPS — mutate: /^https: => /^https?:
  return /^https:\/\/[^\s"'<>\\]{1,2000}$/.test(picture) ? { picture } : {};
}

/** Returns whether the tailnet's policy makes the caller a moderator. */
export function mayModerate({ capabilities }: Identity): boolean {
  if (!capabilities || !Object.hasOwn(capabilities, CHAT_CAPABILITY)) return false;
  return (capabilities[CHAT_CAPABILITY] ?? []).some(
    // rule: only {"moderate": true} makes a moderator — mutate: === true => !== undefined
    (value) => typeof value === 'object' && value !== null && (value as { moderate?: unknown }).moderate === true,
  );
}

/** Returns the name to show: with the handle if the name alone could be someone else's. */
export function labelOf({ name, handle, ambiguous }: Person): string {
  return ambiguous && handle !== name ? `${name} (${handle})` : name;
}
