import type { Identity } from '../../identity/identity.ts';
import type { Person } from './event.ts';
import { cleanName } from './text.ts';

/** Application capability of the chat. A value `{"moderate": true}` lets its holder moderate. */
export const CHAT_CAPABILITY = 'tsexpose.dev/cap/chat';

/**
 * The person behind a connection: a user by user ID, a tagged device by its stable node ID. Undefined for a caller
 * whom whois does not know, and for one from the public internet: they have no place in a chat of people who are known.
 */
export function personOf(identity: Identity): Person | undefined {
  const { kind, userId, login, name, picture, node } = identity;
  if (kind === 'user' && userId !== '') {
    const handle = cleanName(login);
    const shown = cleanName(name) || handle;
    return { id: `u:${userId}`, kind: 'user', name: shown, handle, tags: [], ...pictureOf(picture) };
  }
  if (kind === 'tagged' && node) {
    const handle = cleanName(node.fqdn);
    return { id: `n:${node.id}`, kind: 'device', name: cleanName(node.name), handle, tags: node.tags.map(cleanName) };
  }
  return undefined;
}

// A picture over plain HTTP would be fetched in the open, and other schemes are no pictures.
function pictureOf(picture: string): { picture?: string } {
  return /^https:\/\/[^\s"'<>\\]{1,2000}$/.test(picture) ? { picture } : {};
}

/** Whether the tailnet's policy lets the caller moderate. */
export function mayModerate({ capabilities }: Identity): boolean {
  if (!capabilities || !Object.hasOwn(capabilities, CHAT_CAPABILITY)) return false;
  return (capabilities[CHAT_CAPABILITY] ?? []).some(
    (value) => typeof value === 'object' && value !== null && (value as { moderate?: unknown }).moderate === true,
  );
}

/** A name as it is shown: with the handle where the name alone could be taken for somebody else's. */
export function labelOf({ name, handle, ambiguous }: Person): string {
  return ambiguous && handle !== name ? `${name} (${handle})` : name;
}
