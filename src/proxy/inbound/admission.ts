/** The way in, the same by HTTP/1.1 and HTTP/2: who answers, whether the caller may come in, and the passes. */
import type { Socket } from 'node:net';
import type { Identity } from '../../identity/identity.ts';
import { isRefusal, type Refusal } from '../request/framing.ts';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import type { ErrorPage } from '../response/error-page.ts';
import { denialPage, nowherePage, refusalPage } from '../response/error-response.ts';
import type { Upstream, UpstreamContext } from '../upstream/upstream.ts';

/** A request with the one who made it. */
export interface InboundRequest {
  /** The connection that it came by. */
  socket: Socket;
  request: CallerRequest;
  response: CallerResponse;
  identity: Identity;
  /** Who answers; nobody where no route leads. */
  service: Upstream | undefined;
}

/** What a visitor gets in place of the service's answer. */
export interface TurnedAway {
  page: ErrorPage;
  /** Whether the request cannot be trusted about where the next one starts. */
  unreadable: boolean;
}

/** Runs the passes of a version of HTTP over headers of the visitor's, with those that tell who is calling. */
export type Prepare = (
  rawHeaders: readonly string[],
  callerHeaders: readonly string[],
  context: UpstreamContext,
) => UpstreamRequest | Refusal;

/** What has to be known to place a visit. */
export interface Reception {
  identify(socket: Socket): Identity;
  /** Who answers for a request target. */
  upstreamFor(target: string): Upstream | undefined;
}

/** Finds out who calls, and for whom. */
export function receive(
  host: Reception,
  { socket, request, response }: Pick<InboundRequest, 'socket' | 'request' | 'response'>,
): InboundRequest {
  const identity = host.identify(socket);
  return { socket, request, response, identity, service: host.upstreamFor(request.url ?? '') };
}

/** Asks the door and the passes. */
export function admit(
  { socket, request, identity, service }: InboundRequest,
  prepare: Prepare,
): UpstreamRequest | TurnedAway {
  if (!service) return { page: nowherePage(), unreadable: false };
  const { rawHeaders } = request;
  const context = service.contextOf(socket);
  const { denial, headers } = context.gate.admit(identity);
  const own = context.funnelAuth?.withoutCredentials(identity, rawHeaders) ?? rawHeaders;
  const out = prepare(own, headers, context);
  if (isRefusal(out)) return { page: refusalPage(out), unreadable: true };
  if (denial) return { page: denialPage(denial, identity), unreadable: false };
  const unauthorized = context.funnelAuth?.check(identity, rawHeaders);
  if (unauthorized) return { page: refusalPage(unauthorized), unreadable: false };
  return out;
}

/** Whether a visitor gets a page. */
export function isTurnedAway(verdict: UpstreamRequest | TurnedAway): verdict is TurnedAway {
  return 'page' in verdict;
}
