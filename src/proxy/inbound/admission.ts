/** The way in, the same for HTTP/1.1 and HTTP/2: which upstream it is for, whether the caller has access, the passes. */
import type { Socket } from 'node:net';
import type { Identity } from '../../identity/identity.ts';
import type { ProxyHost } from '../exchange/proxy-host.ts';
import { isRefusal, type Refusal } from '../request/framing.ts';
import type { CallerRequest, CallerResponse } from '../request/http-types.ts';
import { isHost, type OwnHosts } from '../request/own-hosts.ts';
import type { UpstreamRequest } from '../request/passes.ts';
import type { ErrorPage } from '../response/error-page.ts';
import { denialPage, misdirectedPage, notFoundPage, refusalPage, sendPage } from '../response/error-response.ts';
import { answerLocally } from '../static/local.ts';
import type { Upstream, UpstreamContext } from '../upstream/upstream.ts';

/** A caller's request on its way in. */
export interface InboundRequest {
  /** The connection that it came on. */
  socket: Socket;
  request: CallerRequest;
  response: CallerResponse;
  identity: Identity;
}

/** A request that may be forwarded. */
export interface Admitted extends InboundRequest {
  upstream: Upstream;
  /** The request as the upstream gets it. */
  out: UpstreamRequest;
}

/** What a caller gets in place of the upstream's response. */
export interface Rejected {
  page: ErrorPage;
  /** Whether the request cannot be trusted about where the next one starts. */
  unreadable: boolean;
}

/** Runs the passes of a version of HTTP over the caller's headers and those that tell who is calling. */
export type Prepare = (
  rawHeaders: readonly string[],
  callerHeaders: readonly string[],
  context: UpstreamContext,
) => UpstreamRequest | Refusal;

/**
 * Returns a page for a request whose Host is not ours; see own-hosts.ts. The framing refuses what is not a host, several
 * that differ, and none, except in HTTP/1.0, which no browser speaks.
 */
function misdirected({ rawHeaders }: Pick<CallerRequest, 'rawHeaders'>, own: OwnHosts): ErrorPage | undefined {
  const hosts = rawHeaders.filter((_, i) => i % 2 === 1 && /^(host|:authority)$/i.test(rawHeaders[i - 1]!));
  const [host = ''] = hosts;
  const isOne = hosts.every((other) => other.toLowerCase() === host.toLowerCase()) && isHost(host);
  return isOne && !own.serves(host) ? misdirectedPage(host) : undefined;
}

/** Checks the Host, finds the upstream, asks its gate about the caller, and runs the passes. */
export function admit(proxy: ProxyHost, inbound: InboundRequest, prepare: Prepare): Admitted | Rejected {
  const { socket, request, identity } = inbound;
  const { rawHeaders } = request;
  const foreign = misdirected(request, proxy.own);
  // rule: a request for a foreign host is refused (DNS rebinding)
  if (foreign) return { page: foreign, unreadable: false };
  const upstream = proxy.upstreamFor(request.url ?? '');
  if (!upstream) return { page: notFoundPage(), unreadable: false };
  const context = upstream.contextOf(socket);
  const { denial, headers } = context.gate.admit(identity);
  // rule: the password for Funnel does not reach the app
  // mutate: context.funnelAuth?.withoutCredentials(identity, rawHeaders) => undefined
  const own = context.funnelAuth?.withoutCredentials(identity, rawHeaders) ?? rawHeaders;
  const out = prepare(own, headers, context);
  // rule: after a request that cannot be read, nothing more is read — mutate: unreadable: true => unreadable: false
  if (isRefusal(out)) return { page: refusalPage(out), unreadable: true };
  // rule: a caller who is denied access gets none
  if (denial) return { page: denialPage(denial, identity), unreadable: false };
  const unauthorized = context.funnelAuth?.check(identity, rawHeaders);
  // rule: a caller from the internet without the password gets no access
  if (unauthorized) return { page: refusalPage(unauthorized), unreadable: false };
  return { ...inbound, upstream, out };
}

/** Whether a caller gets a page instead. */
export function isRejected(outcome: Admitted | Rejected): outcome is Rejected {
  return 'page' in outcome;
}

/** Responds with a page. `close` ends the connection after it. */
export function answerWithPage(proxy: ProxyHost, inbound: InboundRequest, page: ErrorPage, close = false): void {
  const { request, response, identity } = inbound;
  const startedAt = performance.now();
  sendPage(request, response, page, close);
  proxy.onRequest({ request, identity, status: page.status, bytes: 0, startedAt, reason: page.message });
}

/** Responds with the content of a target that is not an app. */
export function answerLocalTarget(proxy: ProxyHost, { request, response, identity, upstream, out }: Admitted): void {
  const { target, mount } = upstream;
  const startedAt = performance.now();
  response.once('close', () => {
    const status = response.headersSent ? response.statusCode : 0;
    proxy.onRequest({ request, identity, status, bytes: 0, startedAt, sent: out.headers });
  });
  const host = out.headers.find((_, i, all) => i % 2 === 1 && all[i - 1] === 'X-Forwarded-Host') ?? '';
  answerLocally(target.local!, request, response, { path: out.path, mount: mount.prefix, host });
}

/** Reports a request of which there is nothing but the connection: its parser has given up. `status` is 0 for no response. */
export function reportUnread(
  proxy: ProxyHost,
  socket: Socket,
  status: number,
  reason: string,
  method = '',
  url = '',
): void {
  const outcome = { request: { method, url }, identity: proxy.identify(socket), status, bytes: 0, reason };
  // rule: a request that the parser refuses is in the log
  proxy.onRequest({ ...outcome, startedAt: performance.now() });
}
