/**
 * The events of an exposure. The library passes these objects to `onEvent`, the screens show them, and `--json` prints
 * them unchanged, one per line. `docs/cli.md` documents the schema.
 */

/** State of the node. */
export type NodeState = 'starting' | 'needs-login' | 'needs-approval' | 'running' | 'stopped';

/** Who made a request, in the fields that a log line needs. */
export interface CallerSummary {
  kind: 'user' | 'tagged' | 'funnel' | 'unknown';
  /** Login of a user, device name of a tagged device, otherwise the address. */
  who: string;
  /** Tailnet address, without the port. */
  ip: string;
}

/** The app is on the tailnet. */
export interface ReadyEvent {
  event: 'ready';
  /** The name that the tailnet assigned, which may differ from the requested one. */
  name: string;
  /** Full MagicDNS name without the trailing dot, of the node or of its Service. */
  fqdn: string;
  /** URLs of the app, the best first. */
  urls: string[];
  /** Tailnet addresses of the node or of its Service. */
  ips: string[];
  /** The target as a URL. */
  target: string;
  /** The Tailscale Service that the node is a host of, such as `svc:web`. */
  service?: string;
  /** The URLs that are also open to the public internet, through Funnel. */
  public?: string[];
}

/** A request is complete, or has failed. */
export interface RequestEvent {
  event: 'request';
  method: string;
  /** Path and query, verbatim. */
  path: string;
  /** Response status; 101 for an upgrade, 0 if the caller disconnected first. */
  status: number;
  /** Time from the first byte of the request to the last byte of the response, in milliseconds, with two decimals. */
  ms: number;
  /** Bytes of response body. */
  bytes: number;
  /**
   * What went wrong at the target, as an error type of RFC 9209: no response, or one that broke off
   * (`http_response_incomplete`). Absent otherwise.
   */
  error?: string;
  /** Whether the connection to the caller closed before the response was complete. Absent otherwise. */
  aborted?: true;
  caller: CallerSummary;
  /** Why tsexpose refused it, in one sentence. Method and path are empty if they could not be read. */
  reason?: string;
  /** When the request began, as an ISO date. This and all that follows only with `requestDetails`. */
  time?: string;
  /** A unique ID of the event. */
  id?: string;
  /** The Host that the caller asked for. */
  host?: string;
  userAgent?: string;
  /** The Referer header. */
  referer?: string;
  /** `HTTP/1.1`, `HTTP/2.0`, or `HTTP/1.0`. */
  protocol?: string;
  /** ID of the trace that the request belongs to, from the `traceparent` that the app got. */
  traceId?: string;
}

/** Progress of a certificate. */
export interface CertificateEvent {
  event: 'certificate';
  /** `requested` if it takes a while, `ready` for the first, `renewed` for each later one. */
  state: 'requested' | 'ready' | 'renewed';
  /** The name in the certificate. */
  domain: string;
  /** Expiry as an ISO date; absent in `requested`. */
  validTo?: string;
}

/** Any event of an exposure; the `event` field tells them apart. */
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
