/** The proxy: tailnet connections in, requests to the targets out. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { FunnelAuth } from '../access/funnel-auth.ts';
import type { Gate } from '../access/gate.ts';
import type { RequestEvent } from '../events.ts';
import { type Identity, isSameCaller, unknownIdentity } from '../identity/identity.ts';
import type { ProxyHost } from './exchange/proxy-host.ts';
import { type Outcome, requestEvent } from './exchange/request-event.ts';
import { StreamShares } from './exchange/stream-shares.ts';
import { FastPath, type FastPathOptions, type PresenceChange } from './fast-path.ts';
import { H1Inbound } from './inbound/h1.ts';
import { H2Inbound } from './inbound/h2.ts';
import { createFedServer } from './inbound/node-server.ts';
import { isH2, readPreface } from './inbound/preface.ts';
import type { HostHeader } from './request/host.ts';
import { OwnHosts } from './request/own-hosts.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './request/timeouts.ts';
import { type Route, RouteTable } from './routes.ts';
import type { Target } from './target/target-types.ts';
import { joinStreams } from './tunnel.ts';
import { Upstream } from './upstream/upstream.ts';

/** Something that the person who runs tsexpose should know. */
export interface ProxyWarning {
  code: string;
  message: string;
  suggestions: string[];
}

/** Options of a {@link ProxyServer}. */
export interface ProxyOptions {
  /** What to forward to, from `parseTarget`. */
  target: Target;
  /** Targets by path, in place of `target`; the longest prefix wins. @default the target at `/` */
  routes?: readonly Route[];
  /** Whether targets get their requests without the prefix of their route. @default false */
  stripPrefix?: boolean;
  /** Returns who is at the other end of a connection. If it throws, the caller is unknown. */
  identify: (socket: Socket) => Identity;
  /** Decides who has access and what the app is told about callers. */
  gate: Pick<Gate, 'admit' | 'reserved'>;
  /** `preserve`, `rewrite` (to the target's own host), `auto`, or the value to send; may depend on the target. @default 'preserve' */
  hostHeader?: HostHeader | ((target: Target) => HostHeader);
  /** The hosts that requests may be for. @default the loopback interface */
  own?: OwnHosts;
  /** The connections to targets, as HTTP/2 callers share them. @default without limit */
  shares?: StreamShares;
  /** Asks callers from the internet for a password. @default no password */
  funnelAuth?: FunnelAuth;
  /** How long each step may take. */
  timeouts?: Timeouts;
  /** Called once for every request, when its response is complete. */
  onRequest?: (event: RequestEvent) => void;
  /** Whether these events say more: see `RequestEvent`. @default false */
  requestDetails?: boolean;
  /** Whether a request without a trace context gets one. @default false */
  trace?: boolean;
  /** Called when a WebSocket of a caller has begun or ended. */
  onPresence?: (change: PresenceChange, identity: Identity) => void;
  /** Called when a target gets another Host from now on, which changes the rules of the fast path. */
  onHostChange?: () => void;
  /** Called when something is wrong with a target: once until it has responded again, or once a minute. */
  onWarning?: (warning: ProxyWarning) => void;
}

/**
 * Forwards the requests of the connections that it is given. It opens no port.
 *
 * @throws ERR_TSEXPOSE_INSECURE_PARSER under `--insecure-http-parser`, ERR_TSEXPOSE_INVALID_OPTION for a `hostHeader`
 * that is not a host
 * @example
 * ```ts
 * const proxy = new ProxyServer({ target: parseTarget('3000'), identify: (socket) => socket.identity, gate: new Gate() });
 * listener.on('connection', (socket) => proxy.accept(socket));
 * ```
 */
export class ProxyServer implements ProxyHost {
  /** Node's server behind it, for its timeouts and events; it does not listen. */
  readonly server: Server;
  readonly timeouts: Required<Timeouts>;
  readonly own: OwnHosts;
  readonly shares: StreamShares;
  closing = false;

  readonly #upstreams: Upstream[];
  readonly #routes: RouteTable<Upstream>;
  readonly #mayBeH2: boolean;
  readonly #h1: H1Inbound;
  readonly #h2: H2Inbound;
  readonly #options: ProxyOptions;
  readonly #connections = new Set<Socket>();
  readonly #tunnels = new Set<Socket>();
  #closed: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: ProxyOptions) {
    const { gate, hostHeader = 'preserve', own = new OwnHosts(), funnelAuth, stripPrefix: strip = false } = options;
    this.#options = options;
    this.own = own;
    this.shares = options.shares ?? new StreamShares();
    this.timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    const routes = options.routes ?? [{ prefix: '/', target: options.target }];
    const same = {
      gate,
      own,
      strip,
      shared: routes.some(({ prefix }) => prefix !== '/'),
      timeouts: this.timeouts,
      ...(funnelAuth && { funnelAuth }),
      trace: options.trace ?? false,
      onWarning: (warning: ProxyWarning) => options.onWarning?.(warning),
      onHostChange: options.onHostChange,
    };
    const table = routes.map(({ prefix, target }) => ({
      prefix,
      to: new Upstream({
        ...same,
        target,
        hostHeader: typeof hostHeader === 'string' ? hostHeader : hostHeader(target),
        prefix: prefix === '/' ? '' : prefix,
      }),
    }));
    this.#upstreams = table.map(({ to }) => to);
    this.#routes = new RouteTable(table);
    this.#mayBeH2 = routes.some(({ target }) => target.protocol === 'h2c');
    this.server = createFedServer(this.timeouts);
    this.#h1 = new H1Inbound(this, this.server);
    this.#h2 = new H2Inbound(this);
  }

  /**
   * Takes over a caller's connection: HTTP/2 if TLS has agreed on it, otherwise HTTP/1.1. If a target speaks HTTP/2
   * without TLS, callers may do so too.
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
   * Takes no further connections, lets responses in progress finish, and ends everything else. Idempotent.
   *
   * @param options.timeout milliseconds after which responses in progress are cut off `@default` 5000
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
    await Promise.all(this.#upstreams.map((upstream) => upstream.destroy()));
  }

  // Node's closeIdleConnections() spares connections that have not asked for anything yet.
  #endIdle(): void {
    for (const socket of this.#connections) {
      if (this.#tunnels.has(socket) || isH2(socket)) continue;
      if (this.#h1.isIdle(socket) && socket.writable) socket.destroySoon();
    }
    // A tunnel has no end to wait for, so it is closed once nothing else is in progress.
    if (this.#connections.size > this.#tunnels.size) return;
    for (const socket of this.#tunnels) socket.destroy();
  }

  /** Returns the rules by which connections of a port are carried outside JavaScript. */
  fastPath(port: Pick<FastPathOptions, 'secure' | 'onPresence' | 'onDropped'>): FastPath {
    const { gate, funnelAuth, onRequest, requestDetails: details = false, trace = false } = this.#options;
    const { own, timeouts } = this;
    const routes = this.#routes.all;
    return new FastPath({ routes, gate, own, timeouts, funnelAuth, onRequest, details, trace, ...port });
  }

  /** Returns the upstream for a request target; undefined if no route matches. */
  upstreamFor(target: string): Upstream | undefined {
    return this.#routes.find(target);
  }

  /** Returns who is at the other end of a connection. */
  identify(socket: Caller): Identity {
    // rule: the caller is identified at every request — mutate: [CALLER] = => [CALLER] ??=
    socket[CALLER] = this.#whoIs(socket);
    return socket[CALLER];
  }

  #whoIs(socket: Socket): Identity {
    try {
      return this.#options.identify(socket);
    } catch {
      // rule: a caller is unknown if whois fails — mutate: return => throw
      return unknownIdentity(socket.remoteAddress ?? '', socket.remotePort ?? 0);
    }
  }

  /** Ends what is in progress if the device now belongs to another caller, or the caller has lost access. */
  #onIdentity(socket: Caller): void {
    if (!this.#tunnels.has(socket) && !isH2(socket) && this.#h1.isIdle(socket)) return;
    const now = this.#whoIs(socket);
    // rule: what is in progress ends if the caller changes — mutate: isSameCaller(socket[CALLER], now) => true
    // rule: what is in progress ends if the caller loses access — mutate: && !this.#options.gate.admit(now).denial =>
    if (socket[CALLER] && isSameCaller(socket[CALLER], now) && !this.#options.gate.admit(now).denial) return;
    socket.destroy();
  }

  /** Reports a request that is over. */
  onRequest(outcome: Outcome): void {
    const { onRequest, requestDetails = false } = this.#options;
    onRequest?.(requestEvent(outcome, requestDetails));
    if (this.closing) this.#endIdle();
  }

  /** Reports something that threw and never should: the caller's connection is gone, the proxy goes on. */
  onDefect(error: Error): void {
    this.#options.onWarning?.({
      code: 'ERR_TSEXPOSE_INTERNAL',
      message: `A request failed because of a bug in tsexpose: ${error.message}.`,
      suggestions: ['Please report it with this message and, if you know it, the request.'],
    });
  }

  /** Joins a caller's connection with one to a target that has changed the protocol. */
  onTunnel(socket: Socket, upstream: Duplex): void {
    this.#tunnels.add(socket);
    if (this.timeouts.pause > 0) socket.setTimeout(this.timeouts.pause, () => socket.destroy());
    const { [CALLER]: caller } = socket as Caller;
    const tell = (change: PresenceChange) => caller && this.#options.onPresence?.(change, caller);
    tell('webSocketBegan');
    joinStreams(socket, upstream, () => {
      this.#tunnels.delete(socket);
      tell('webSocketEnded');
    });
    if (this.closing) this.#endIdle();
  }
}

const CALLER = Symbol('caller of the latest request');
type Caller = Socket & { [CALLER]?: Identity };
