/**
 * The PROXY protocol: what a TCP app is told about the caller, before the first byte.
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
import { isIP, isIPv6 } from 'node:net';
import type { Identity } from '../../identity/identity.ts';

/** Version of the PROXY protocol: 1 is a line of text, 2 is binary and also tells who is calling. */
export type ProxyProtocolVersion = 1 | 2;

/** One end of a connection. */
export interface Endpoint {
  ip: string;
  port: number;
}

/** The types of the fields about the caller in version 2; the protocol reserves 0xE0 to 0xEF for applications. */
export const TLV = {
  /** Login of a user, such as `alice@example.com`; UTF-8. */
  login: 0xe0,
  /** Full MagicDNS name of the calling device. */
  device: 0xe1,
  /** Tags of a tagged device, separated by commas. */
  tags: 0xe2,
  /** Kind of the caller: `user`, `tagged`, `funnel` or `unknown`. */
  kind: 0xe3,
} as const;

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Returns the bytes to send before everything else on a connection. */
export function proxyHeader(
  version: ProxyProtocolVersion,
  identity: Identity,
  remote: Endpoint,
  local: Endpoint,
): Buffer {
  return version === 1 ? textHeader(remote, local) : binaryHeader(identity, remote, local);
}

function textHeader(remote: Endpoint, local: Endpoint): Buffer {
  if (!isIP(remote.ip) || isIP(remote.ip) !== isIP(local.ip)) return Buffer.from('PROXY UNKNOWN\r\n');
  const family = isIPv6(remote.ip) ? 'TCP6' : 'TCP4';
  return Buffer.from(`PROXY ${family} ${remote.ip} ${local.ip} ${remote.port} ${local.port}\r\n`);
}

function binaryHeader({ kind, login, node }: Identity, remote: Endpoint, local: Endpoint): Buffer {
  const known = isIP(remote.ip) !== 0 && isIP(remote.ip) === isIP(local.ip);
  const body = Buffer.concat([
    // rule: the PROXY header has the caller's address — mutate: addressBytes(remote.ip), addressBytes(local.ip) => addressBytes(local.ip), addressBytes(remote.ip)
    ...(known ? [addressBytes(remote.ip), addressBytes(local.ip), portBytes(remote.port), portBytes(local.port)] : []),
    tlv(TLV.kind, kind),
    // rule: the PROXY header names the user
    // rule: the PROXY header names no user for a tagged device — mutate: kind === 'user' => true
    kind === 'user' ? tlv(TLV.login, login) : Buffer.alloc(0),
    tlv(TLV.device, node?.fqdn ?? ''),
    tlv(TLV.tags, kind === 'tagged' ? (node?.tags.join(',') ?? '') : ''),
  ]);
  // Version 2, command PROXY; then the family, both of them over TCP.
  const family = !known ? 0x00 : isIPv6(remote.ip) ? 0x21 : 0x11;
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, family, body.length >> 8, body.length & 0xff]), body]);
}

/** Encodes a field; an empty value is left out. */
function tlv(type: number, value: string): Buffer {
  const bytes = Buffer.from(value).subarray(0, 1024);
  return bytes.length === 0
    ? bytes
    : Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function portBytes(port: number): Buffer {
  return Buffer.from([port >> 8, port & 0xff]);
}

function addressBytes(ip: string): Buffer {
  if (!isIPv6(ip)) return Buffer.from(ip.split('.').map(Number));
  // The URL parser writes an embedded IPv4 address as two groups.
  const groups = new URL(`http://[${ip}]/`).hostname.slice(1, -1).split('::');
  const [head = [], tail = []] = groups.map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(groups.length === 2 ? 8 - head.length - tail.length : 0).fill('0');
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
