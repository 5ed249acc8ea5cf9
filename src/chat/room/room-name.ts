/** The default room. */
export const LOBBY = 'lobby';

/**
 * Parses the name of a room as in its address: 1 to 32 letters, digits, and hyphens, in lower case. Undefined if it is
 * not a valid name; an empty text is the lobby.
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
