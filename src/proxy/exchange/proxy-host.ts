import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Identity } from '../../identity/identity.ts';
import type { OwnHosts } from '../request/own-hosts.ts';
import type { Timeouts } from '../request/timeouts.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Outcome } from './request-event.ts';
import type { StreamShares } from './stream-shares.ts';

/** What connections and exchanges need of the proxy that they belong to. */
export interface ProxyHost {
  readonly timeouts: Required<Timeouts>;
  /** The hosts that requests may be for. */
  readonly own: OwnHosts;
  /** The connections to targets, as HTTP/2 callers share them. */
  readonly shares: StreamShares;
  /** Whether connections end after the response in progress. */
  readonly closing: boolean;
  /** Returns who is at the other end of a connection. */
  identify(socket: Socket): Identity;
  /** Returns the upstream for a request target; undefined if no route matches. */
  upstreamFor(target: string): Upstream | undefined;
  /** A request is over. */
  onRequest(outcome: Outcome): void;
  /** The protocol of a connection has changed: from here on it is one with the connection to the target. */
  onTunnel(socket: Socket, upstream: Duplex): void;
  /** Something threw that never should. */
  onDefect(error: Error): void;
}
