/** What a name on the tailnet is made of: one DNS label, RFC 1035 §2.3.1 as relaxed by RFC 1123 §2.1. */

/** The most characters of a DNS label (RFC 1035 §2.3.4). */
export const MAX_LABEL = 63;

/**
 * Whether a text is a DNS label: 1 to 63 letters, digits and dashes, with no dash at either end. Capital letters are
 * accepted, because DNS does not tell them apart; see {@link toLabel} for the form that is used.
 */
export function isLabel(text: string): boolean {
  return text.length <= MAX_LABEL && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(text);
}

/**
 * The nearest DNS label to a text: lower case, other characters as dashes, cut to 63; empty when nothing is left.
 *
 * @example
 * ```ts
 * toLabel('Crème brûlée'); // 'creme-brulee'
 * ```
 */
export function toLabel(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_LABEL)
    .replace(/-$/, '');
}
