import type { CallerSummary } from '../events.ts';

/**
 * What kind of caller the node's whois found when the connection was accepted.
 *
 * - `user`: a device that a person is logged in on.
 * - `tagged`: a device with tags (`tag:ci`), which has no user.
 * - `funnel`: a caller from the public internet through Tailscale Funnel; never a tailnet identity.
 * - `unknown`: whois found no one. Never treat such a caller as a person.
 */
export type IdentityKind = 'user' | 'tagged' | 'funnel' | 'unknown';

/** The device that a connection comes from. */
export interface IdentityNode {
  /** Stable node ID, a string such as `nKmEXAMPLE11CNTRL`. */
  id: string;
  /**
   * MagicDNS short name, such as `alice-laptop`. A device that was shared in from another tailnet, where someone else
   * chooses the names, has its full name here too.
   */
  name: string;
  /** MagicDNS full name without the trailing dot, such as `alice-laptop.tail1234.ts.net`. */
  fqdn: string;
  /** Tailnet addresses of the device. */
  ips: string[];
  /** Operating system as the device reports it (not verified), or an empty string. */
  os: string;
  /** Tags such as `tag:ci`; empty for a user's device. */
  tags: string[];
}

/**
 * A caller. The same value comes with the connection (`socket.identity`), with the request (`req.tailscale`) and, through
 * the proxy, as `Tailscale-*` headers.
 *
 * @example
 * ```ts
 * if (identity.kind === 'user' && identity.login === 'alice@example.com') console.log('hello', identity.name);
 * ```
 */
export interface Identity {
  kind: IdentityKind;
  /** Login name, such as `alice@example.com`. Empty unless `kind` is `user`. */
  login: string;
  /** Display name, such as `Alice Example`. Empty unless `kind` is `user`. */
  name: string;
  /** URL of the profile picture, or an empty string. */
  picture: string;
  /** User ID as a decimal string (it may exceed 2^53). Empty unless `kind` is `user`. */
  userId: string;
  /** Groups of the user as the control server reports them; usually empty. */
  groups: string[];
  /** The calling device; absent for `funnel` and `unknown`. */
  node?: IdentityNode;
  /** Application capabilities that the caller has on this node, name → values. Absent if there are none. */
  capabilities?: Record<string, unknown[]>;
  /** Source address of the connection (for `funnel`, the address that the relay reports). */
  ip: string;
  /** Source port. */
  port: number;
}

/** A caller with open connections. */
export interface ConnectedCaller {
  identity: Identity;
  /** Open connections. */
  connections: number;
  /** Open WebSockets. */
  webSockets: number;
}

/** Whether two identities are the same person or device, whatever else has changed. */
export function isSameCaller(a: Identity, b: Identity): boolean {
  // rule: another user or another device is another caller
  // mutate: a.userId === b.userId && a.login === b.login && =>
  // mutate: && a.node?.id === b.node?.id =>
  return a.kind === b.kind && a.userId === b.userId && a.login === b.login && a.node?.id === b.node?.id;
}

/** Returns the identity of a connection for which whois has no answer. */
export function unknownIdentity(ip: string, port: number): Identity {
  return { kind: 'unknown', login: '', name: '', picture: '', userId: '', groups: [], ip, port };
}

/** Returns the few fields about a caller that a log line needs. */
export function callerSummary({ kind, login, node, ip }: Identity): CallerSummary {
  const who = kind === 'user' ? login : kind === 'tagged' ? (node?.name ?? ip) : ip;
  return { kind, who, ip };
}
