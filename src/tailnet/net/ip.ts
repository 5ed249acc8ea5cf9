/** IP addresses as bytes and in their one canonical form. */
import { isIP } from 'node:net';

/** Returns the short form of an IPv6 address (RFC 5952), and an IPv4 address as it is. */
export function canonicalAddress(ip: string): string {
  return formatAddress(parseAddress(ip));
}

/** Writes the bytes of an address. */
export function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':');
  // The URL parser writes IPv6 addresses in their short form (RFC 5952).
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}

/** Reads an address without a scope, to 4 or 16 bytes. */
export function parseAddress(scoped: string): Buffer {
  const ip = scoped.replace(/%.*/, ''); // a tailnet has no scopes
  if (isIP(ip) === 4) return Buffer.from(ip.split('.').map(Number));
  const [head = '', tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part ? part.split(':') : []));
  const zeros = Array(8 - before!.length - after!.length).fill('0');
  const bytes = Buffer.alloc(16);
  const groups = tail === undefined ? before! : [...before!, ...zeros, ...after!];
  for (const [i, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * i);
  return bytes;
}

/** Returns those of a node's addresses that a server listens on. */
export function listensOn(ips: string[], { host, ipv6Only }: { host?: string; ipv6Only?: boolean }): string[] {
  const own = host !== undefined && isIP(host) !== 0 ? ips.filter((ip) => ip === canonicalAddress(host)) : [];
  const chosen = own.length > 0 ? own : ips;
  return ipv6Only ? chosen.filter((ip) => isIP(ip) === 6) : chosen;
}

const LOCAL = new Set(['0.0.0.0', '::', '::1']);

/** Whether a socket of a node can be bound to an address. Wildcards, loopback and names all mean the node's own. */
export function isOwnAddress(address: string, ips: readonly string[]): boolean {
  if (isIP(address) === 0 || LOCAL.has(address) || address.startsWith('127.')) return true;
  return ips.includes(canonicalAddress(address));
}
