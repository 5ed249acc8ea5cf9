/** One service behind a proxy: its target, the connections to it, and what is known of its health. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FunnelAuth } from '../../access/funnel-auth.ts';
import type { Gate } from '../../access/gate.ts';
import type { RequestEvent } from '../../events.ts';
import type { Exchange, ExchangeHost } from '../exchange/exchange.ts';
import { requestEvent } from '../exchange/request-event.ts';
import type { InboundRequest } from '../inbound/admission.ts';
import { type HostHeader, HostPass } from '../request/host.ts';
import type { PassContext, UpstreamRequest } from '../request/passes.ts';
import type { Timeouts } from '../request/timeouts.ts';
import { answerLocally } from '../static/local.ts';
import type { Failure } from '../target/diagnose.ts';
import type { Target } from '../target/target.ts';
import { UpstreamPool } from './pool.ts';

/** What the passes need to know for a service, and who decides about its callers. */
export type UpstreamContext = PassContext & { gate: Pick<Gate, 'admit' | 'sanitize'> };

/** What a service needs of the proxy that it belongs to. */
export interface ServiceHost {
  readonly timeouts: Required<Timeouts>;
  readonly closing: boolean;
  onEnd(exchange: Exchange): void;
  onRequest(event: RequestEvent): void;
  /** The service has stopped answering; once for each outage. */
  onOutage(failure: Failure): void;
}

/** Options of a {@link Upstream}. */
export interface UpstreamOptions {
  target: Target;
  gate: UpstreamContext['gate'];
  hostHeader: HostHeader;
  funnelAuth?: FunnelAuth;
  /** Where it is mounted, such as `/api`. @default '' */
  prefix?: string;
  /** Whether the service sees its requests without the prefix. @default false */
  strip?: boolean;
  /** Whether other services share the origin: paths that resolve out of the prefix are refused then. @default false */
  shared?: boolean;
}

/** A service that requests are forwarded to. */
export class Upstream implements ExchangeHost {
  readonly target: Target;
  readonly upstream: UpstreamPool;
  readonly host: HostPass;
  readonly #host: ServiceHost;
  readonly #plain: UpstreamContext;
  readonly #secure: UpstreamContext;
  #outage = false;

  constructor(host: ServiceHost, options: UpstreamOptions) {
    const { target, gate, hostHeader, funnelAuth, prefix = '', strip = false, shared = false } = options;
    this.#host = host;
    this.target = target;
    this.host = new HostPass(hostHeader, target);
    this.upstream = new UpstreamPool(target, host.timeouts, (trailers) => gate.sanitize(trailers, []));
    const mount = { prefix: strip ? prefix : '', shared };
    this.#plain = { target, gate, secure: false, host: this.host, mount, ...(funnelAuth && { funnelAuth }) };
    this.#secure = { ...this.#plain, secure: true };
  }

  get timeouts(): Required<Timeouts> {
    return this.#host.timeouts;
  }

  get closing(): boolean {
    return this.#host.closing;
  }

  /** Whether there is no service at all, and the answer is made here. */
  get answersItself(): boolean {
    return this.target.local !== undefined;
  }

  /** Answers a request without a service. */
  answer({ request, response, identity }: InboundRequest, { path }: UpstreamRequest): void {
    const startedAt = performance.now();
    response.once('close', () => {
      const status = response.headersSent ? response.statusCode : 0;
      this.#host.onRequest(requestEvent({ request, identity, status, bytes: 0, startedAt }));
    });
    answerLocally(this.target.local!, request, response, path, this.#plain.mount?.prefix ?? '');
  }

  /** What the passes need to know about requests of a connection. */
  contextOf(socket: Socket): UpstreamContext {
    return (socket as TLSSocket).encrypted ? this.#secure : this.#plain;
  }

  /** The service answered: its next outage is news again. */
  onAnswer(): void {
    this.#outage = false;
  }

  /** The service did not answer. */
  onFailure(failure: Failure): void {
    if (!failure.outage || this.#outage) return;
    this.#outage = true;
    this.#host.onOutage(failure);
  }

  /** An exchange is over. */
  onEnd(exchange: Exchange): void {
    this.#host.onEnd(exchange);
  }
}
