/** The proxy: tailnet connections in, requests to the local service out. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { FunnelAuth } from '../access/funnel-auth.ts';
import type { Gate } from '../access/gate.ts';
import type { RequestEvent } from '../events.ts';
import { type Identity, isSameCaller, unknownIdentity } from '../identity/identity.ts';
import type { Exchange } from './exchange/exchange.ts';
import { requestEvent } from './exchange/request-event.ts';
import { H1Inbound, type InboundHost } from './inbound/h1.ts';
import { H2Inbound } from './inbound/h2.ts';
import { createFedServer } from './inbound/node-server.ts';
import { isH2, readPreface } from './inbound/preface.ts';
import type { HostHeader } from './request/host.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './request/timeouts.ts';
import { type Route, RouteTable } from './routes.ts';
import type { Failure } from './target/diagnose.ts';
import type { Target } from './target/target.ts';
import { joinStreams } from './tcp/tunnel.ts';
import { type ServiceHost, Upstream } from './upstream/upstream.ts';

/** Something that the person who exposes the service should know. */
export interface ProxyWarning {
  code: string;
  message: string;
  suggestions: string[];
}

/** Options of a {@link ProxyServer}. */
export interface ProxyOptions {
  /** The local service; `parseTarget` reads one. */
  target: Target;
  /** Services by path, in place of `target`; the longest prefix wins. @default the target at `/` */
  routes?: readonly Route[];
  /** Whether services see their requests without the prefix of their route. @default false */
  stripPrefix?: boolean;
  /** Who is at the other end of a connection. An error counts as an unknown caller. */
  identify: (socket: Socket) => Identity;
  /** Who may come in, and what the service is told about callers: a `Gate` of src/identity. */
  gate: Pick<Gate, 'admit' | 'sanitize'>;
  /** `preserve`, `rewrite` (to the target's own host), or the value to send. @default 'preserve' */
  hostHeader?: HostHeader;
  /** Our own URLs: the hosts that may be rewritten and the origins that are ours. @default every host, no origin */
  ownOrigins?: readonly string[];
  /** Asks visitors from the internet for a password. @default nobody is asked */
  funnelAuth?: FunnelAuth;
  /** How long anything may take. */
  timeouts?: Timeouts;
  /** Called once for every request, when its answer is complete. */
  onRequest?: (event: RequestEvent) => void;
  /** Called once when the service stops answering, until it has answered again. */
  onWarning?: (warning: ProxyWarning) => void;
}

/**
 * Forwards the requests of the connections that it is given. It opens no port.
 *
 * @throws ERR_TSEXPOSE_INSECURE_PARSER under `--insecure-http-parser`, ERR_TSEXPOSE_INVALID_OPTION for a `hostHeader`
 * that is no host
 * @example
 * ```ts
 * const proxy = new ProxyServer({ target: parseTarget('3000'), identify: (socket) => socket.identity, gate: new Gate() });
 * listener.on('connection', (socket) => proxy.accept(socket));
 * ```
 */
export class ProxyServer implements InboundHost, ServiceHost {
  /** Node's server behind it, for its timeouts and events; it does not listen. */
  readonly server: Server;
  readonly timeouts: Required<Timeouts>;
  closing = false;

  readonly #services: Upstream[];
  readonly #routes: RouteTable<Upstream>;
  readonly #mayBeH2: boolean;
  readonly #h2: H2Inbound;
  readonly #options: ProxyOptions;
  readonly #front: H1Inbound;
  readonly #connections = new Set<Socket>();
  readonly #tunnels = new Set<Socket>();
  #closed: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: ProxyOptions) {
    const { gate, hostHeader = 'preserve', ownOrigins = [], funnelAuth, stripPrefix } = options;
    this.#options = options;
    this.timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    const routes = options.routes ?? [{ prefix: '/', target: options.target }];
    const shared = routes.length > 1;
    const own = { gate, hostHeader, shared, ...(stripPrefix && { strip: true }), ...(funnelAuth && { funnelAuth }) };
    const table = routes.map(({ prefix, target }) => ({
      prefix,
      to: new Upstream(this, { ...own, target, prefix: prefix === '/' ? '' : prefix }),
    }));
    this.#services = table.map(({ to }) => to);
    this.#routes = new RouteTable(table);
    this.#mayBeH2 = routes.some(({ target }) => target.protocol === 'h2c');
    this.ownOrigins = ownOrigins;
    this.server = createFedServer(this.timeouts);
    this.#front = new H1Inbound(this, this.server);
    this.#h2 = new H2Inbound(this);
  }

  /** Our own URLs, where they change while the proxy runs. */
  set ownOrigins(origins: readonly string[]) {
    for (const { host } of this.#services) host.ownOrigins = origins;
  }

  /**
   * Takes over a visitor's connection: HTTP/2 where TLS has agreed on it, else HTTP/1.1. In front of a service of
   * HTTP/2 without TLS, visitors may speak that too.
   */
  accept(socket: Socket): void {
    if (this.closing) {
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    socket.on('identity', () => this.#onIdentity(socket));
    // Stays when Node takes its own handler away, at an upgrade: no error may end the process.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#onEmpty?.();
      else if (this.closing) this.#endIdle();
    });
    if (this.#mayBeH2 && !(socket as TLSSocket).encrypted) {
      readPreface(socket, this.timeouts.head, () => this.#serve(socket));
    } else {
      this.#serve(socket);
    }
  }

  #serve(socket: Socket): void {
    if (isH2(socket)) this.#h2.accept(socket);
    else this.server.emit('connection', socket);
  }

  /**
   * Takes no further connections, lets the answers under way finish, and ends the rest. Idempotent.
   *
   * @param options.timeout milliseconds after which answers under way are cut off `@default` 5000
   */
  close({ timeout = 5_000 }: { timeout?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(timeout);
    return this.#closed;
  }

  async #close(timeout: number): Promise<void> {
    this.closing = true;
    this.server.close();
    this.#h2.close();
    this.#endIdle();
    if (this.#connections.size > 0) {
      const empty = new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
      const timer = setTimeout(() => {
        for (const socket of this.#connections) socket.destroy();
      }, timeout);
      await empty;
      clearTimeout(timer);
    }
    await Promise.all(this.#services.map(({ upstream }) => upstream.destroy()));
  }

  // Node's closeIdleConnections() spares connections that have not asked for anything yet.
  #endIdle(): void {
    for (const socket of this.#connections) {
      if (this.#tunnels.has(socket) || isH2(socket)) continue;
      if (this.#front.isIdle(socket) && socket.writable) socket.destroySoon();
    }
    // A tunnel has no end to wait for: it goes once nothing else is under way.
    if (this.#connections.size > this.#tunnels.size) return;
    for (const socket of this.#tunnels) socket.destroy();
  }

  /** Who answers for a request target. */
  upstreamFor(target: string): Upstream | undefined {
    return this.#routes.find(target);
  }

  /** Who is at the other end; nobody where that cannot be told. */
  identify(socket: Caller): Identity {
    socket[CALLER] = this.#whoIs(socket);
    return socket[CALLER];
  }

  #whoIs(socket: Socket): Identity {
    try {
      return this.#options.identify(socket);
    } catch {
      return unknownIdentity(socket.remoteAddress ?? '', socket.remotePort ?? 0);
    }
  }

  /** What is under way was begun in the name of somebody: it ends where that is no longer who is there. */
  #onIdentity(socket: Caller): void {
    if (!this.#tunnels.has(socket) && !isH2(socket) && this.#front.isIdle(socket)) return;
    const now = this.#whoIs(socket);
    if (socket[CALLER] && isSameCaller(socket[CALLER], now) && !this.#options.gate.admit(now).denial) return;
    socket.destroy();
  }

  /** Passes an event on. */
  onRequest(event: RequestEvent): void {
    this.#options.onRequest?.(event);
  }

  /** A service has stopped answering. */
  onOutage({ code, message, suggestions }: Failure): void {
    this.#options.onWarning?.({ code, message, suggestions });
  }

  /** Something threw that never should: the caller's connection is gone, the proxy goes on. */
  onDefect(error: Error): void {
    this.#options.onWarning?.({
      code: 'ERR_TSEXPOSE_INTERNAL',
      message: `A request ended in a defect of tsexpose: ${error.message}.`,
      suggestions: ['Please report it, with this line and the request if you know it.'],
    });
  }

  /** An exchange is over. */
  onEnd(exchange: Exchange): void {
    this.#options.onRequest?.(requestEvent(exchange));
    if (this.closing) this.#endIdle();
  }

  /** The service changed the protocol: from here on the two connections are one. */
  onTunnel(exchange: Exchange, service: Duplex): void {
    const { socket } = exchange.request;
    this.#options.onRequest?.(requestEvent(exchange));
    this.#tunnels.add(socket);
    joinStreams(socket, service, () => this.#tunnels.delete(socket));
    if (this.closing) this.#endIdle();
  }
}

const CALLER = Symbol('caller of the latest request');
type Caller = Socket & { [CALLER]?: Identity };
