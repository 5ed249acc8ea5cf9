/**
 * The header of the PROXY protocol, which tells a TCP target who is calling ahead of the first byte.
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
import type { Identity } from '../../identity/identity.ts';
import { type Endpoint, nativeRuntime } from '../../native/runtime.ts';

/** Version of the PROXY protocol: 1 is a line of text; 2 is binary and can carry who is calling. */
export type ProxyProtocolVersion = 1 | 2;

/** The types of the values that version 2 carries. The protocol reserves 0xE0 to 0xEF for applications. */
export const TLV = {
  /** Login of a user, such as `alice@example.com`; UTF-8. */
  login: 0xe0,
  /** Full MagicDNS name of the calling device. */
  device: 0xe1,
  /** Tags of a tagged device, separated by commas. */
  tags: 0xe2,
  /** Kind of caller: `user`, `tagged`, `funnel` or `unknown`. */
  kind: 0xe3,
} as const;

/** What a header says about a connection. */
export interface HeaderSource {
  identity: Identity;
  remote: Endpoint;
  local: Endpoint;
}

/** Returns the bytes to send to the target ahead of a connection. */
export function proxyHeader(version: ProxyProtocolVersion, { identity, remote, local }: HeaderSource): Buffer {
  // rule: the PROXY header has the caller’s address — mutate: remote, local => remote: local, local: remote
  const header = { version, remote, local, tlvs: valuesOf(identity) };
  return nativeRuntime().binding.proxyHeader(JSON.stringify(header));
}

/** Returns what the target is told about a caller. Go leaves out empty values: absent means absent. */
function valuesOf({ kind, login, node }: Identity): { type: number; value: string }[] {
  return [
    { type: TLV.kind, value: kind },
    // rule: the PROXY header names the user
    // rule: the PROXY header names no user beside a tag — mutate: kind === 'user' ? login : '' => login
    { type: TLV.login, value: kind === 'user' ? login : '' },
    { type: TLV.device, value: node?.fqdn ?? '' },
    { type: TLV.tags, value: kind === 'tagged' ? (node?.tags.join(',') ?? '') : '' },
  ];
}
