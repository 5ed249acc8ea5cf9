/** The rules for a name on the tailnet: one DNS label, RFC 1035 §2.3.1 as relaxed by RFC 1123 §2.1. */

/** The maximum length of a DNS label (RFC 1035 §2.3.4). */
export const MAX_LABEL = 63;

/**
 * Returns whether a string is a DNS label: 1 to 63 letters, digits and dashes, without a dash at either end. Capital
 * letters are accepted because DNS ignores case; {@link toLabel} returns the form that is used.
 */
export function isLabel(text: string): boolean {
  return text.length <= MAX_LABEL && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(text);
}

/**
 * Returns the closest DNS label: in lower case, with dashes for other characters, cut to 63; '' if nothing is left.
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
