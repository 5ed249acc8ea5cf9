/** A finished exchange as the event that logs and screens get. */
import type { CallerSummary, RequestEvent } from '../../events.ts';
import type { Identity } from '../../identity/identity.ts';
import type { CallerRequest } from '../request/http-types.ts';

/** Who made a request, in the few fields that a log line needs. */
export function callerSummary(identity: Identity): CallerSummary {
  const { kind, login, node, ip } = identity;
  const who = kind === 'user' ? login : kind === 'tagged' ? (node?.name ?? ip) : ip;
  return { kind, who, ip };
}

/** What is known of a request when its answer is complete. */
export interface Outcome {
  request: Pick<CallerRequest, 'method' | 'url'>;
  identity: Identity;
  /** Status that the visitor got; 0 for none. */
  status: number;
  /** Bytes of response body. */
  bytes: number;
  /** As `performance.now()` had it. */
  startedAt: number;
}

/** The event for one request. */
export function requestEvent({ request, identity, status, bytes, startedAt }: Outcome): RequestEvent {
  return {
    event: 'request',
    method: request.method ?? '',
    path: request.url ?? '',
    status,
    ms: performance.now() - startedAt,
    bytes,
    caller: callerSummary(identity),
  };
}
