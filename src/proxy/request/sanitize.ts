/**
 * The one sanitiser. Every header list that a service gets from a caller passes here: HTTP/1.1 requests, upgrades,
 * HTTP/2. It works on raw lists (name, value, name, value, …): an object would fold duplicates, and a header named
 * `__proto__` would reach for the prototype.
 *
 * The order is the security property: hop-by-hop removal, then the reserved names, then ours. A caller that sends
 * `Connection: Tailscale-User-Login` cannot remove a header that is set afterwards (CVE-2022-31813,
 * CVE-2025-48865, GHSA-gwhp-pf74-vj37).
 */
import { CONNECTION, type FieldTable, KEEP } from '../../identity/field.ts';

/** A flat list of header names and values, in the order of the wire. */
export type HeaderList = readonly string[];

/**
 * The headers that a service gets: the caller's end-to-end headers as they came, then `ours`.
 *
 * @param raw the caller's headers, as `IncomingMessage.rawHeaders` has them
 * @param ours what the proxy says itself; nothing of it is looked at
 */
export function sanitizeHeaders(table: FieldTable, raw: HeaderList, ours: HeaderList): string[] {
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    if (table.kind(raw[i]!) === CONNECTION) named = addTokens(named, raw[i + 1]!);
  }
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (table.kind(name) !== KEEP) continue;
    if (named?.has(name.toLowerCase())) continue;
    headers.push(name, raw[i + 1]!);
  }
  for (let i = 0; i < ours.length; i++) headers.push(ours[i]!);
  return headers;
}

/** Adds the names that a `Connection` header lists, lower-cased. */
export function addTokens(named: Set<string> | undefined, value: string): Set<string> | undefined {
  // By far the most frequent values name no header: no set for them.
  if (value === 'keep-alive' || value === 'close' || value === 'Upgrade') return named;
  const names = named ?? new Set<string>();
  for (const token of value.split(',')) names.add(token.trim().toLowerCase());
  return names;
}
