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
import type { Failure } from '../target/diagnose.ts';
import type { Target } from '../target/target-types.ts';
import { UpstreamPool } from './pool.ts';

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
  /** Where it is mounted, such as `/api`. @default '' */
  prefix?: string;
  /** Whether it gets its requests without the prefix. @default false */
  strip?: boolean;
  /** Whether the origin has other paths. Paths that resolve out of the prefix are refused then. @default false */
  shared?: boolean;
  /** Called when the target stops responding, once for each outage. */
  onOutage: (failure: Failure) => void;
}

/** Forwards requests to a target. */
export class Upstream {
  readonly target: Target;
  readonly mount: Mount;
  readonly host: HostPass;
  readonly #place: Place;
  readonly #pool: UpstreamPool;
  readonly #plain: UpstreamContext;
  readonly #secure: UpstreamContext;
  readonly #onOutage: UpstreamOptions['onOutage'];
  #outage = false;

  constructor(options: UpstreamOptions) {
    const { target, gate, hostHeader, own, timeouts, funnelAuth, onOutage } = options;
    const { prefix = '', strip = false, shared = false } = options;
    this.target = target;
    this.mount = { prefix: strip ? prefix : '', shared };
    this.host = new HostPass(hostHeader, target, own);
    this.#place = { target, mount: this.mount, own, sentHost: this.host.value };
    // rule: trailers to an HTTP/2 target are sanitized — mutate: sanitizeHeaders(gate.reserved, trailers, []) => [...trailers]
    this.#pool = new UpstreamPool(target, timeouts, (trailers) => sanitizeHeaders(gate.reserved, trailers, []));
    this.#plain = {
      target,
      gate,
      secure: false,
      host: this.host,
      mount: this.mount,
      ...(funnelAuth && { funnelAuth }),
    };
    this.#secure = { ...this.#plain, secure: true };
    this.#onOutage = onOutage;
  }

  /** Returns what the passes need to know about requests of a connection. */
  contextOf(socket: Socket): UpstreamContext {
    return (socket as TLSSocket).encrypted ? this.#secure : this.#plain;
  }

  /** Sends a request; `handler` gets the response in undici's raw form. */
  dispatch(request: UpstreamRequest, body: RequestBody | undefined, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(request, body, handler);
  }

  /** Makes the headers of a response lead where the caller can follow; see locations.ts. */
  mapBack(headers: string[], { origin }: UpstreamRequest): void {
    mapBack(headers, this.#place, origin);
  }

  /** Notes a response of the target: its next outage is news again. */
  onResponse(): void {
    this.#outage = false;
  }

  /** Notes a failure of the target. */
  onFailure(failure: Failure): void {
    if (!failure.outage || this.#outage) return;
    this.#outage = true;
    this.#onOutage(failure);
  }

  /** Ends all connections; requests in progress fail. */
  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}
