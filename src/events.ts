/**
 * What an exposure reports, from start to end. The library hands these objects to `onEvent`, the screens draw them,
 * and `--json` prints them as they are, one a line: `docs/cli.md` documents the schema.
 */

/** Where the node is on its way up. */
export type NodeState = 'starting' | 'needs-login' | 'needs-approval' | 'running' | 'stopped';

/** Who made a request, in the few fields that a log line needs. */
export interface CallerSummary {
  kind: 'user' | 'tagged' | 'funnel' | 'unknown';
  /** Login of a user, device name of a tagged device, otherwise the address. */
  who: string;
  /** Tailnet address, without the port. */
  ip: string;
}

/** The service is on the tailnet. */
export interface ReadyEvent {
  event: 'ready';
  /** The name the tailnet gave (it may differ from the one asked for). */
  name: string;
  /** MagicDNS full name without the trailing dot, of the Service where there is one. */
  fqdn: string;
  /** Where the service is reachable, the best first. */
  urls: string[];
  /** Tailnet addresses of the node, or of the Service. */
  ips: string[];
  /** The target as a URL. */
  target: string;
  /** The Tailscale Service, such as `svc:web`, of which the node is a host. */
  service?: string;
  /** Those of the URLs that the public internet can open as well, through Funnel. */
  public?: string[];
}

/** A request has been answered, or has failed. */
export interface RequestEvent {
  event: 'request';
  method: string;
  /** Path and query, verbatim. */
  path: string;
  /** Status that the caller got; 101 for an upgrade; 0 when the caller went away first. */
  status: number;
  /** From the request's first byte to the response's last, in milliseconds. */
  ms: number;
  /** Bytes of response body. */
  bytes: number;
  caller: CallerSummary;
}

/** How far the certificate of a name is. */
export interface CertificateEvent {
  event: 'certificate';
  /** `requested` where it takes a while; `ready` for the first; `renewed` for each that follows. */
  state: 'requested' | 'ready' | 'renewed';
  /** The name that it is for. */
  domain: string;
  /** When it ends, as an ISO date; absent while it is requested. */
  validTo?: string;
}

/** Anything that an exposure reports; `event` says what. */
export type ExposeEvent =
  | { event: 'state'; state: NodeState; message?: string }
  | { event: 'login'; url: string }
  | ReadyEvent
  | RequestEvent
  | CertificateEvent
  | { event: 'addresses'; urls: string[]; public?: string[] }
  | { event: 'connection'; port: number; caller: CallerSummary }
  | { event: 'warning'; code: string; message: string; suggestions?: string[] }
  | { event: 'error'; code: string; message: string; suggestions?: string[] }
  | { event: 'closed'; reason: string };
