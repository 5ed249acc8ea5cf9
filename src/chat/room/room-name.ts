/** Where everybody is who has not asked for another room. */
export const LOBBY = 'lobby';

/**
 * The name of a room as it stands in its address: 1 to 32 letters, digits and dashes, in lower case. Undefined for
 * what is no such name; an empty text is the lobby.
 *
 * @example
 * ```ts
 * roomName('/Design'); // 'design'
 * ```
 */
export function roomName(text: string): string | undefined {
  const name = text.replace(/^[#/]/, '').toLowerCase();
  if (name === '') return LOBBY;
  return /^[a-z0-9][a-z0-9-]{0,31}$/.test(name) ? name : undefined;
}
