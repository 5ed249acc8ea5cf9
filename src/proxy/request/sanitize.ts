/**
 * The one sanitizer. Every list of headers that goes from a caller to an upstream passes through here: HTTP/1.1
 * requests, upgrades, HTTP/2. It works on raw lists (name, value, name, value, …), because an object would fold
 * duplicates, and a header named `__proto__` would reach for the prototype.
 *
 * The order is the security property: first the hop-by-hop headers go, then the reserved names, then ours are added. A
 * caller that sends `Connection: Tailscale-User-Login` cannot remove a header that is set afterwards (CVE-2022-31813,
 * CVE-2025-48865, GHSA-gwhp-pf74-vj37).
 */
import { CONNECTION, type FieldTable, KEEP } from '../../identity/field.ts';

/**
 * Returns the headers for an upstream: the caller's end-to-end headers as they came, then `ours`.
 *
 * @param raw the caller's headers, as in `IncomingMessage.rawHeaders`
 * @param ours what the proxy says itself, unchecked
 */
export function sanitizeHeaders(table: FieldTable, raw: readonly string[], ours: readonly string[]): string[] {
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    // rule: headers that Connection names are removed
    // rule: every Connection header counts, not just the first — mutate: named = addTokens => named ??= addTokens
    if (table.kind(raw[i]!) === CONNECTION) named = addTokens(named, raw[i + 1]!);
  }
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (table.kind(name) !== KEEP) continue;
    if (named?.has(name.toLowerCase())) continue;
    // rule: __proto__ is a header name like any other — mutate: headers.push => if (!(name in {})) headers.push
    headers.push(name, raw[i + 1]!);
  }
  // rule: Connection cannot remove our headers — mutate: headers.push => if (!named) headers.push
  for (let i = 0; i < ours.length; i++) headers.push(ours[i]!);
  return headers;
}

/** Adds the names that a `Connection` header lists, in lower case. */
function addTokens(named: Set<string> | undefined, value: string): Set<string> | undefined {
  // By far the most frequent values do not name a header and need no set.
  if (value === 'keep-alive' || value === 'close' || value === 'Upgrade') return named;
  const names = named ?? new Set<string>();
  // rule: names in Connection are compared without regard to case — mutate: .trim().toLowerCase() => .trim()
  for (const token of value.split(',')) names.add(token.trim().toLowerCase());
  return names;
}
