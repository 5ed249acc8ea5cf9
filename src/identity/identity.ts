/**
 * Who is calling, as the node's whois found it when the connection was accepted.
 *
 * - `user`: a device that a person is logged in on.
 * - `tagged`: a device that acts for itself (`tag:ci`); it has no user.
 * - `funnel`: a visitor from the public internet through Tailscale Funnel; never a tailnet identity.
 * - `unknown`: whois found nobody. Treat it as nobody: never as a person.
 */
export type IdentityKind = 'user' | 'tagged' | 'funnel' | 'unknown';

/** The device a connection comes from. */
export interface IdentityNode {
  /** Stable node ID, a string such as `nKmEXAMPLE11CNTRL`. */
  id: string;
  /** MagicDNS short name, such as `alice-laptop`. */
  name: string;
  /** MagicDNS full name without the trailing dot, such as `alice-laptop.tail1234.ts.net`. */
  fqdn: string;
  /** Tailnet addresses of the device. */
  ips: string[];
  /** Operating system that the device reports (not verified), or an empty string. */
  os: string;
  /** Tags such as `tag:ci`; empty for a user's device. */
  tags: string[];
}

/**
 * A caller. The same value is delivered with the connection (`socket.identity`), with the request (`req.tailscale`)
 * and, by the proxy, as `Tailscale-*` headers.
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
  /** Groups that the control server reports for the user; usually empty. */
  groups: string[];
  /** The calling device; absent for `funnel` and `unknown`. */
  node?: IdentityNode;
  /** Application capabilities granted to the caller towards this node: name → values. Absent when there are none. */
  capabilities?: Record<string, unknown[]>;
  /** Source address as the connection has it (for `funnel` the address that the relay reports). */
  ip: string;
  /** Source port. */
  port: number;
}

/** Whether two identities are of the same person or device, whatever else has changed about it. */
export function isSameCaller(a: Identity, b: Identity): boolean {
  return a.kind === b.kind && a.userId === b.userId && a.login === b.login && a.node?.id === b.node?.id;
}

/** Nobody: what a connection gets when whois has no answer for it. */
export function unknownIdentity(ip: string, port: number): Identity {
  return { kind: 'unknown', login: '', name: '', picture: '', userId: '', groups: [], ip, port };
}
