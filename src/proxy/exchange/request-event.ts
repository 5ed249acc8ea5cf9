/** A finished request as the event that logs and screens get. */
import { randomUUID } from 'node:crypto';
import type { RequestEvent } from '../../events.ts';
import { callerSummary, type Identity } from '../../identity/identity.ts';
import type { CallerRequest } from '../request/http-types.ts';
import { traceIdIn, traceIdOf } from '../request/trace.ts';

/** What is known of a request when its response is complete. */
export interface Outcome {
  request: Pick<CallerRequest, 'method' | 'url'> & Partial<Pick<CallerRequest, 'httpVersion' | 'headers'>>;
  identity: Identity;
  /** Status that the caller got; 0 for none. */
  status: number;
  /** Bytes of response body. */
  bytes: number;
  /** From `performance.now()`. */
  startedAt: number;
  /** The headers that the target got. */
  sent?: readonly string[];
  /** What went wrong at the target, in the terms of RFC 9209 §2.3. */
  error?: string | undefined;
  /** Whether the connection to the caller closed before the response was complete. */
  aborted?: boolean;
  /** Why the proxy refused it. */
  reason?: string | undefined;
}

/** What is known of a request that was timed elsewhere. */
export interface TimedOutcome extends Omit<Outcome, 'startedAt' | 'sent'> {
  /** How long it took, in milliseconds. */
  ms: number;
  /** What was asked for and is known there. */
  facts?: Facts | undefined;
}

/** When a request began in Unix time, its Host, User-Agent, Referer and traceparent; the texts are empty for none. */
export type Facts = [began: number, host: string, userAgent: string, referer: string, traceparent: string];

type Details = Pick<RequestEvent, 'time' | 'id' | 'host' | 'userAgent' | 'referer' | 'protocol' | 'traceId'>;

/** Returns the event for one request, with details if they are wanted. */
export function requestEvent(outcome: Outcome, detailed: boolean): RequestEvent {
  const ms = performance.now() - outcome.startedAt;
  const event = timedEvent({ ...pick(outcome), ms });
  return detailed ? { ...event, ...detailsOf(outcome, Date.now() - ms) } : event;
}

/** Returns the event for one request that was timed elsewhere. */
export function timedEvent(outcome: TimedOutcome): RequestEvent {
  const { request, identity, status, ms, bytes, error, aborted, reason, facts } = outcome;
  return {
    event: 'request',
    method: request.method ?? '',
    path: request.url ?? '',
    status,
    ms: Math.round(ms * 100) / 100,
    bytes,
    ...(error && { error }),
    ...(aborted && { aborted }),
    caller: callerSummary(identity),
    ...(reason !== undefined && { reason }),
    ...(facts && details(facts, 'HTTP/1.1', traceIdOf(facts[4]))),
  };
}

/** Returns an outcome without what only some of them have; an exchange is one, and more than that. */
function pick({ request, identity, status, bytes, error, aborted = false, reason }: Outcome) {
  return { request, identity, status, bytes, error, aborted, reason };
}

function detailsOf({ request: { headers = {}, httpVersion = '' }, sent }: Outcome, began: number): Details {
  const text = (name: keyof typeof headers) => String(headers[name] ?? '');
  const traceId = sent ? traceIdIn(sent) : traceIdOf(text('traceparent'));
  const facts: Facts = [began, text('host') || text(':authority'), text('user-agent'), text('referer'), ''];
  return details(facts, httpVersion && `HTTP/${httpVersion}`, traceId);
}

function details([began, host, userAgent, referer]: Facts, protocol: string, traceId: string | undefined): Details {
  return {
    time: new Date(began).toISOString(),
    id: randomUUID(),
    ...(host && { host }),
    ...(userAgent && { userAgent }),
    ...(referer && { referer }),
    ...(protocol && { protocol }),
    ...(traceId !== undefined && { traceId }),
  };
}
