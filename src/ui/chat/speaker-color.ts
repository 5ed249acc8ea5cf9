/** Colours that can be read on light and on dark terminals. */
const COLORS = ['green', 'yellow', 'blue', 'magenta', 'cyan', 'red'] as const;

/** The colour that belongs to a person for good. */
export function speakerColor(id: string): (typeof COLORS)[number] {
  let hash = 2166136261;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  return COLORS[(hash >>> 0) % COLORS.length] ?? 'cyan';
}
