/** Ports that carry bytes: the door, the PROXY header, and the connection to the service. */
import type { Socket } from 'node:net';
import type { Gate } from '../access/gate.ts';
import type { ExposeEvent } from '../events.ts';
import { callerSummary, type Identity, isSameCaller } from '../identity/identity.ts';
import { diagnose } from '../proxy/target/diagnose.ts';
import type { Target } from '../proxy/target/target.ts';
import { forwardTcp } from '../proxy/tcp/tcp.ts';
import type { Forwarder } from '../tailnet/net/forward.ts';
import { type HeaderSource, type ProxyProtocolVersion, proxyHeader } from '../tailnet/net/proxy-header.ts';
import type { TailnetSocket } from '../tailnet/net/socket.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import type { PortPlan } from './ports.ts';

/** How TCP services are told about their callers. */
export interface TcpOptions {
  /** Version of the PROXY header in front of each connection. @default none */
  proxyProtocol?: ProxyProtocolVersion;
}

interface Ports extends TcpOptions {
  tailnet: Tailnet;
  /** The Tailscale Service whose ports these are. @default none */
  service?: string;
  gate: Gate;
  report: (event: ExposeEvent) => void;
}

/** What can be ended: a connection that Go carries, or one that came out of TLS here. */
interface Carried {
  on(event: 'identity', listener: () => void): unknown;
  destroy(): unknown;
}

/** The TCP ports of an exposure. */
export class TcpListener {
  readonly #options: Ports;
  readonly #outages = new Set<string>();
  readonly #open = new Set<Carried>();
  #onEmpty: (() => void) | undefined;

  constructor(options: Ports) {
    this.#options = options;
  }

  /** Opens a port whose connections are joined to the service in Go. */
  listen({ port, target }: PortPlan): Promise<Forwarder> {
    const { tailnet, service } = this.#options;
    return tailnet.forward(port, {
      ...(service !== undefined && { service }),
      target: target.socketPath ? `unix:${target.socketPath}` : joinHostPort(target),
      onConnection: (connection) => {
        this.#options.report({ event: 'connection', port, caller: callerSummary(connection.identity) });
        this.#watch(connection, connection, port);
        if (this.#isKeptOut(connection.identity, port)) {
          connection.destroy();
          return;
        }
        this.#open.add(connection);
        connection.once('end', ({ error }) => this.#ended(connection, target, error));
        connection.admit(this.#preface(connection));
      },
    });
  }

  /** Forwards a connection whose TLS ended here; `socket` is what is underneath. */
  accept(stream: Socket, socket: TailnetSocket, target: Target, port: number): void {
    const { identity } = socket;
    if (this.#isKeptOut(identity, port)) {
      stream.destroy();
      return;
    }
    const remote = { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const local = { ip: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    const preface = this.#preface({ identity, remote, local });
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

  /** Waits until the connections have ended, and ends those that are left after `timeout` milliseconds. */
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

  #isKeptOut(identity: Identity, port: number): boolean {
    const { denial } = this.#options.gate.admit(identity);
    if (!denial) return false;
    const message = `${callerSummary(identity).who} is kept out of port ${port} by ${denial.rule}.`;
    this.#options.report({ event: 'warning', code: 'REFUSED', message });
    return true;
  }

  /** Ends a connection whose peer may no longer come in, or is no longer whom the service was told of. */
  #watch(carried: Carried, peer: { identity: Identity }, port: number): void {
    const { identity } = peer;
    carried.on('identity', () => {
      const changed = this.#options.proxyProtocol !== undefined && !isSameCaller(identity, peer.identity);
      if (changed || this.#isKeptOut(peer.identity, port)) carried.destroy();
    });
  }

  #preface(connection: HeaderSource): Buffer | undefined {
    const { proxyProtocol } = this.#options;
    return proxyProtocol && proxyHeader(proxyProtocol, connection);
  }

  #ended(connection: Carried, target: Target, error: { code?: string; message: string } | undefined): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#onEmpty?.();
    if (!error) {
      this.#outages.delete(target.url);
      return;
    }
    // One warning for an outage, not one for every caller.
    const { code, message, suggestions } = diagnose(Object.assign(new Error(error.message), error), target);
    if (!this.#outages.has(target.url)) this.#options.report({ event: 'warning', code, message, suggestions });
    this.#outages.add(target.url);
  }
}

function joinHostPort({ host, port }: Target): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
