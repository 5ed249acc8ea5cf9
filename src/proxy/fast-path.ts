/**
 * The rules of the fast path, which carries HTTP/1.1 outside JavaScript (src/native/go/fastpath). It decides nothing by
 * itself: what is computed here is all that it knows, and what it does not take comes to the proxy as always.
 */
import { rootCertificates } from 'node:tls';
import type { FunnelAuth } from '../access/funnel-auth.ts';
import type { Gate } from '../access/gate.ts';
import type { RequestEvent } from '../events.ts';
import { HOP_BY_HOP } from '../identity/field.ts';
import type { Identity } from '../identity/identity.ts';
import { type Facts, timedEvent } from './exchange/request-event.ts';
import { BODY_STOPPED, NOT_HTTP, type Refusal } from './request/framing.ts';
import type { OwnHosts } from './request/own-hosts.ts';
import type { Timeouts } from './request/timeouts.ts';
import { failurePage, rawPage, refusalPage } from './response/error-response.ts';
import { NOT_IN_TRAILERS } from './response/head.ts';
import { diagnose } from './target/diagnose.ts';
import type { Target } from './target/target-types.ts';
import type { OwnResponse } from './upstream/refusals.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Options of a {@link FastPath}. */
export interface FastPathOptions {
  /** By path, in the order in which they are tried. */
  routes: readonly { prefix: string; to: Upstream }[];
  gate: Pick<Gate, 'admit' | 'reserved'>;
  own: OwnHosts;
  timeouts: Required<Timeouts>;
  /** Asks callers from the internet for a password. @default no password */
  funnelAuth: FunnelAuth | undefined;
  /** Whether callers use TLS. */
  secure: boolean;
  /** Called once for every request; undefined if no one listens. */
  onRequest: ((event: RequestEvent) => void) | undefined;
  /** Whether the events say more. */
  details: boolean;
  /** Whether a request without a trace context gets one. */
  trace: boolean;
  /** Called when a connection or a WebSocket of a caller has begun or ended. */
  onPresence: (change: PresenceChange, identity: Identity) => void;
  /** Called with how many events were dropped because there were too many. */
  onDropped: (count: number) => void;
}

/** A question about an exchange: see `ask` in src/native/go/fastpath. */
interface Question {
  type?: 'page' | 'map' | 'silence' | 'refused';
  route?: number;
  caller?: number;
  code?: string;
  message?: string;
  method?: string;
  target?: string;
  ms?: number;
  accept?: string;
  last?: boolean;
  headers?: string[];
  host?: string;
  status?: number;
  text?: string;
  upgrade?: boolean;
  facts?: Facts;
}

type CarriedPresence = [caller: number, change: number];
type CarriedRequest = [number, string, string, number, number, number, string, boolean, number, Facts?];

/** What changes about a caller's connections. */
export type PresenceChange = (typeof CHANGES)[number];

/** See `presence` in src/native/go/fastpath. */
const CHANGES = ['left', 'connected', 'webSocketEnded', 'webSocketBegan'] as const;

// Callers that have left are forgotten, the oldest first.
const MOST_CALLERS = 20_000;

/** The fast path of one port. */
export class FastPath {
  readonly #options: FastPathOptions;
  readonly #callers = new Map<number, Identity>();

  constructor(options: FastPathOptions) {
    this.#options = options;
  }

  /** Returns the rules: see `Rules` in src/native/go/fastpath. */
  rules(): object {
    const { routes, gate, own, timeouts, secure, onRequest, details, trace } = this.#options;
    const { head, idle, connect, silence, pause } = timeouts;
    return {
      ...{ secure, trace, reports: onRequest !== undefined, details: details && onRequest !== undefined },
      ...{ limits: { head, idle, connect, silence, pause } },
      ...{ ...gate.reserved.lists(), hop: ['connection', ...HOP_BY_HOP], trailers: [...NOT_IN_TRAILERS] },
      hosts: own.lists(),
      routes: routes.map(({ prefix, to }) => routeRules(prefix, to, own)),
    };
  }

  /** Returns whether a caller's requests are carried, and what targets are told about it. */
  judge(key: number, identity: Identity) {
    if (this.#callers.size === MOST_CALLERS) this.#callers.delete(this.#callers.keys().next().value!);
    this.#callers.set(key, identity);
    const { denial, headers } = this.#options.gate.admit(identity);
    const { kind, userId, login, node } = identity;
    // rule: a caller who is denied access is not carried — mutate: denial !== undefined || => false ||
    // rule: a caller from the internet gives the password first
    // mutate: || (this.#options.funnelAuth !== undefined && kind === 'funnel') =>
    const general = denial !== undefined || (this.#options.funnelAuth !== undefined && kind === 'funnel');
    return { general, who: JSON.stringify([kind, userId, login, node?.id]), headers };
  }

  /** Answers a question about an exchange. */
  answer(question: Question): Buffer | undefined {
    const { type, route = 0 } = question;
    const upstream = this.#options.routes[route]!.to;
    const { silence, response } = this.#options.timeouts;
    if (type === 'page') return this.#page(question, upstream);
    if (type === 'map') return this.#mapped(question, upstream);
    if (type === 'refused') upstream.refusals.note(refusalIn(question));
    if (type === 'silence') upstream.health.onSilence(silence, response);
    return undefined;
  }

  /** Reports what was carried. */
  report(events: readonly (CarriedPresence | CarriedRequest)[], dropped: number): void {
    for (const event of events) {
      const identity = this.#callers.get(event[0]);
      if (!identity) continue;
      if (event.length === 2) this.#options.onPresence(CHANGES[event[1]]!, identity);
      else this.#reportRequest(event, identity);
    }
    if (dropped > 0) this.#options.onDropped(dropped);
  }

  #reportRequest(carried: CarriedRequest, identity: Identity): void {
    const [, method, path, status, ms, bytes, error, aborted, route, facts] = carried;
    const { health, target } = this.#options.routes[route]!.to;
    if (status > 0) health.onResponse();
    if (error) health.onBreak(diagnose(new Error(error), target));
    const request = { method, url: path };
    this.#options.onRequest?.(timedEvent({ request, identity, status, ms, bytes, error, aborted, facts }));
  }

  /** Returns the page for a request that got no response, and reports it. */
  #page(question: Question, upstream: Upstream): Buffer | undefined {
    const { caller, code = '', message, method = '', target: path = '', ms = 0, accept, last = true, facts } = question;
    const identity = this.#callers.get(caller ?? 0);
    if (!identity) return undefined;
    const refusal = REFUSALS[code];
    const failure = diagnose(Object.assign(new Error(message), { code }), upstream.target);
    if (question.upgrade && code.startsWith('HPE_')) upstream.refusals.note(refusalIn(question));
    if (!refusal) upstream.health.onFailure(failure);
    const page = refusal ? refusalPage(refusal) : failurePage(failure, identity);
    const trouble = refusal ? { reason: refusal.reason } : { error: failure.error };
    const request = { method, url: path };
    const { status } = page;
    this.#options.onRequest?.(timedEvent({ request, identity, status, ms, bytes: 0, facts, ...trouble }));
    return rawPage(page, { accept, close: last, headOnly: method === 'HEAD' });
  }

  /** Returns headers with addresses of the target as the caller may follow them. */
  #mapped({ headers = [], host = '' }: Question, upstream: Upstream): Buffer {
    upstream.mapBack(headers, { origin: `${this.#options.secure ? 'https' : 'http'}://${host}` });
    let block = '';
    for (let i = 0; i < headers.length; i += 2) block += `${headers[i]}: ${headers[i + 1]}\r\n`;
    return Buffer.from(block, 'latin1');
  }
}

/** What ends an exchange because of the caller. */
const REFUSALS: Record<string, Refusal> = { ERR_HTTP_REQUEST_TIMEOUT: BODY_STOPPED, HPE_INVALID_CHUNK_SIZE: NOT_HTTP };

function refusalIn({ status = 0, target: path = '', text = '', host = '' }: Question): OwnResponse {
  // The size of a chunk comes first.
  return { status, path, text: text.replace(/^[\da-f]{1,8}\r\n/i, ''), host };
}

function routeRules(path: string, { target, mount, host, refusals }: Upstream, own: OwnHosts): object {
  const { basePath, local, protocol } = target;
  const { prefix, shared } = mount;
  const general = local !== undefined || (protocol !== 'http' && protocol !== 'https');
  return {
    ...{ path, general, strip: prefix, base: basePath },
    // rule: dot segments do not leave a route on the fast path either — mutate: || shared =>
    bounded: basePath !== '' || prefix !== '' || shared,
    mapped: basePath !== '' || prefix !== '',
    ...(!general && dial(target)),
    watch: refusals.areWatched,
    ...(host.rewrites && { host: host.value, origin: host.sentOrigin, origins: own.lists().origins }),
  };
}

function dial({ socketPath, host, port, protocol, insecure, tls }: Target): object {
  const address = { network: 'tcp', address: `${host.includes(':') ? `[${host}]` : host}:${port || 80}` };
  return {
    ...(socketPath === undefined ? address : { network: 'unix', address: socketPath }),
    ...(protocol === 'https' && {
      tls: {
        serverName: tls?.servername ?? host,
        insecure,
        ca: insecure ? '' : (tls?.ca ?? rootCertificates.join('\n')),
      },
    }),
  };
}
