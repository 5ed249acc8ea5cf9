/** A target as the proxy uses it: the connections to it, what the passes need to know about it, and its health. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { FunnelAuth } from '../../access/funnel-auth.ts';
import type { Gate } from '../../access/gate.ts';
import type { RequestBody } from '../request/body.ts';
import { type HostHeader, HostPass } from '../request/host.ts';
import type { OwnHosts } from '../request/own-hosts.ts';
import type { PassContext, UpstreamRequest } from '../request/passes.ts';
import type { Mount } from '../request/path.ts';
import { sanitizeHeaders } from '../request/sanitize.ts';
import type { Timeouts } from '../request/timeouts.ts';
import { mapBack, type Place } from '../response/locations.ts';
import type { Target } from '../target/target-types.ts';
import { type CallerConnection, ConnectionLogins } from './connection-logins.ts';
import type { H2CallOptions } from './h2-call.ts';
import { type HealthWarning, TargetHealth } from './health.ts';
import { UpstreamPool } from './pool.ts';
import { Refusals } from './refusals.ts';

/** What the passes need to know, and who decides about callers. */
export type UpstreamContext = PassContext & {
  gate: Pick<Gate, 'admit' | 'reserved'>;
  /** Asks callers from the internet for a password. @default no password */
  funnelAuth?: FunnelAuth;
};

/** Options of an {@link Upstream}. */
export interface UpstreamOptions {
  target: Target;
  gate: UpstreamContext['gate'];
  hostHeader: HostHeader;
  own: OwnHosts;
  timeouts: Required<Timeouts>;
  funnelAuth?: FunnelAuth;
  /** Whether a request without a trace context gets one. @default false */
  trace?: boolean;
  /** Where it is mounted, such as `/api`. @default '' */
  prefix?: string;
  /** Whether it gets its requests without the prefix, as directories do in any case. @default false */
  strip?: boolean;
  /** Whether the origin has other paths. Paths that resolve out of the prefix are refused then. @default false */
  shared?: boolean;
  /** Called when something is wrong with the target, once per trouble. */
  onWarning: (warning: HealthWarning) => void;
  /** Called when the target gets another Host from now on. */
  onHostChange?: (() => void) | undefined;
}

/** Forwards requests to a target. */
export class Upstream {
  readonly target: Target;
  readonly mount: Mount;
  readonly host: HostPass;
  readonly health: TargetHealth;
  readonly refusals: Refusals;
  readonly #place: Omit<Place, 'sentHost'>;
  readonly #pool: UpstreamPool;
  readonly #logins: ConnectionLogins;
  readonly #plain: UpstreamContext;
  readonly #secure: UpstreamContext;

  constructor(options: UpstreamOptions) {
    const { target, gate, hostHeader, own, timeouts, funnelAuth, onWarning } = options;
    const { prefix = '', shared = false } = options;
    // No one keeps the files of /docs in docs/docs.
    const strip = options.strip || target.local?.type === 'files' || target.local?.type === 'file';
    this.target = target;
    this.mount = { prefix: strip ? prefix : '', shared };
    this.host = new HostPass(hostHeader, target, own);
    this.#place = { target, mount: this.mount, own };
    // rule: trailers to an HTTP/2 target are sanitized
    // mutate: sanitizeHeaders(gate.reserved, trailers, []) => [...trailers]
    const sanitize: H2CallOptions['sanitize'] = (trailers) => sanitizeHeaders(gate.reserved, trailers, []);
    this.#pool = new UpstreamPool(target, timeouts, sanitize);
    this.#logins = new ConnectionLogins(() => new UpstreamPool(target, timeouts, sanitize, timeouts.idle));
    this.#plain = {
      target,
      gate,
      secure: false,
      host: this.host,
      mount: this.mount,
      trace: options.trace ?? false,
      ...(funnelAuth && { funnelAuth }),
    };
    this.#secure = { ...this.#plain, secure: true };
    this.health = new TargetHealth(target, onWarning);
    this.refusals = new Refusals(target, this.host, onWarning, options.onHostChange);
  }

  /** Returns what the passes need to know about requests of a connection. */
  contextOf(socket: Socket): UpstreamContext {
    return (socket as TLSSocket).encrypted ? this.#secure : this.#plain;
  }

  /** Sends a request; `handler` gets the response in undici's raw form. */
  dispatch(
    request: UpstreamRequest,
    body: RequestBody | undefined,
    handler: Dispatcher.DispatchHandler,
    caller: CallerConnection,
  ): void {
    const pool = this.#logins.poolFor(caller, request.headers) ?? this.#pool;
    pool.dispatch(request, body, handler);
  }

  /** Makes the headers of a response lead where the caller can follow; see locations.ts. */
  mapBack(headers: string[], { origin }: Pick<UpstreamRequest, 'origin'>): void {
    mapBack(headers, { ...this.#place, sentHost: this.host.value }, origin);
  }

  /** Notes the status and headers of a response. */
  onResponse(status: number, raw: readonly (Buffer | string)[]): void {
    this.health.onResponse();
    if (status === 401) this.#logins.onChallenge(raw);
  }

  /** Ends all connections; requests in progress fail. */
  async destroy(): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#logins.destroy()]);
  }
}
