/** Ports that carry TCP: the gate, the PROXY header, and the connection to the target. */
import type { Socket } from 'node:net';
import type { ExposeEvent } from '../events.ts';
import { callerSummary, type Identity, isSameCaller } from '../identity/identity.ts';
import type { PresenceChange } from '../proxy/fast-path.ts';
import { diagnose } from '../proxy/target/diagnose.ts';
import type { Target } from '../proxy/target/target.ts';
import { forwardTcp } from '../proxy/tcp/tcp.ts';
import type { Forwarder } from '../tailnet/net/forward.ts';
import { type HeaderSource, proxyHeader } from '../tailnet/net/proxy-header.ts';
import type { TailnetSocket } from '../tailnet/net/socket.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import type { Plan } from './plan.ts';
import type { PortPlan } from './ports.ts';

/** Options of {@link TcpListener}. */
export interface TcpListenerOptions {
  tailnet: Tailnet;
  plan: Pick<Plan, 'gate' | 'proxyProtocol'>;
  /** The Tailscale Service that has the ports. @default none */
  service?: string;
  report: (event: ExposeEvent) => void;
  /** Called when a connection that was admitted has begun or ended. */
  onPresence: (change: PresenceChange, identity: Identity) => void;
}

/** A connection that Go carries, or one whose TLS was terminated here. */
interface Carried {
  on(event: 'identity', listener: () => void): unknown;
  destroy(): unknown;
}

/** The TCP ports of an exposure. */
export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #outages = new Set<string>();
  readonly #open = new Set<Carried>();
  #onEmpty: (() => void) | undefined;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
  }

  /** Opens a port whose connections Go joins to the target. */
  listen({ port, target }: PortPlan): Promise<Forwarder> {
    const { tailnet, service } = this.#options;
    return tailnet.forward(port, {
      ...(service !== undefined && { service }),
      target: target.socketPath ? `unix:${target.socketPath}` : joinHostPort(target),
      onConnection: (connection) => {
        this.#options.report({ event: 'connection', port, caller: callerSummary(connection.identity) });
        this.#watch(connection, connection, port);
        // rule: a caller that is denied gets no TCP connection — mutate: if ( => if (false &&
        if (this.#isDenied(connection.identity, port)) {
          connection.destroy();
          return;
        }
        this.#open.add(connection);
        const { identity } = connection;
        this.#options.onPresence('connected', identity);
        connection.once('end', ({ error }) => {
          this.#options.onPresence('left', identity);
          this.#ended(connection, target, error);
        });
        connection.admit(this.#preface(connection));
      },
    });
  }

  /** Forwards a connection whose TLS was terminated here; `socket` is what is underneath. */
  accept(stream: Socket, socket: TailnetSocket, { target, port }: PortPlan): void {
    const { identity } = socket;
    // rule: a caller that is denied gets no connection in TLS either — mutate: if ( => if (false &&
    if (this.#isDenied(identity, port)) {
      stream.destroy();
      return;
    }
    const remote = { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const local = { ip: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    const preface = this.#preface({ identity, remote, local });
    // rule: a connection in TLS is cut when its caller is no longer allowed
    this.#watch(stream, socket, port);
    this.#open.add(stream);
    let failure: NodeJS.ErrnoException | undefined;
    forwardTcp(stream, {
      target,
      ...(preface && { preface }),
      onFailure: (error) => {
        failure = error;
      },
      onEnd: () => this.#ended(stream, target, failure),
    });
  }

  /** Waits until the connections have ended, and cuts those that are left after `timeout` milliseconds. */
  async close(timeout: number): Promise<void> {
    if (this.#open.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const timer = setTimeout(() => {
      for (const connection of this.#open) connection.destroy();
    }, timeout);
    await empty;
    clearTimeout(timer);
  }

  #isDenied(identity: Identity, port: number): boolean {
    const { denial } = this.#options.plan.gate.admit(identity);
    if (!denial) return false;
    const message = `Access denied: ${callerSummary(identity).who} may not connect to port ${port} (${denial.rule}).`;
    this.#options.report({ event: 'warning', code: 'REFUSED', message });
    return true;
  }

  /** Cuts a connection when its caller is no longer allowed, or is no longer the one that the target was told of. */
  #watch(carried: Carried, peer: { identity: Identity }, port: number): void {
    const { identity } = peer;
    carried.on('identity', () => {
      // rule: a target that was told of one caller does not get the bytes of another
      // mutate: !isSameCaller(identity, peer.identity) => false
      const changed = this.#options.plan.proxyProtocol !== undefined && !isSameCaller(identity, peer.identity);
      // rule: a connection is cut when its caller is no longer allowed
      if (changed || this.#isDenied(peer.identity, port)) carried.destroy();
    });
  }

  #preface(connection: HeaderSource): Buffer | undefined {
    const { proxyProtocol } = this.#options.plan;
    return proxyProtocol && proxyHeader(proxyProtocol, connection);
  }

  #ended(connection: Carried, target: Target, error: { code?: string; message: string } | undefined): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#onEmpty?.();
    if (!error) {
      this.#outages.delete(target.url);
      return;
    }
    // One warning for an outage, not one for each caller.
    const { code, message, suggestions } = diagnose(Object.assign(new Error(error.message), error), target);
    if (!this.#outages.has(target.url)) this.#options.report({ event: 'warning', code, message, suggestions });
    this.#outages.add(target.url);
  }
}

function joinHostPort({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
