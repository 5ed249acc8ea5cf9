/** A finished request as the event that logs and screens get. */
import type { RequestEvent } from '../../events.ts';
import { callerSummary, type Identity } from '../../identity/identity.ts';
import type { CallerRequest } from '../request/http-types.ts';

/** What is known of a request when its response is complete. */
export interface Outcome {
  request: Pick<CallerRequest, 'method' | 'url'>;
  identity: Identity;
  /** Status that the caller got; 0 for none. */
  status: number;
  /** Bytes of response body. */
  bytes: number;
  /** From `performance.now()`. */
  startedAt: number;
  /** What went wrong at the target, in the terms of RFC 9209 §2.3. */
  error?: string | undefined;
  /** Whether the connection to the caller closed before the response was complete. */
  aborted?: boolean;
  /** Why the proxy refused it. */
  reason?: string | undefined;
}

/** What is known of a request that was timed elsewhere. */
export interface TimedOutcome extends Omit<Outcome, 'startedAt'> {
  /** How long it took, in milliseconds. */
  ms: number;
}

/** Returns the event for one request. */
export function requestEvent(outcome: Outcome): RequestEvent {
  return timedEvent({ ...outcome, ms: performance.now() - outcome.startedAt });
}

/** Returns the event for one request that was timed elsewhere. */
export function timedEvent({
  request,
  identity,
  status,
  ms,
  bytes,
  error,
  aborted,
  reason,
}: TimedOutcome): RequestEvent {
  return {
    event: 'request',
    method: request.method ?? '',
    path: request.url ?? '',
    status,
    ms,
    bytes,
    ...(error && { error }),
    ...(aborted && { aborted }),
    caller: callerSummary(identity),
    ...(reason !== undefined && { reason }),
  };
}
