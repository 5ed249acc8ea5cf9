/** Ports that carry TCP: the gate, the PROXY header, and the connection to the target. */
import type { ExposeEvent } from '../events.ts';
import { callerSummary, type Identity, isSameCaller } from '../identity/identity.ts';
import type { PresenceChange } from '../proxy/fast-path.ts';
import { diagnose } from '../proxy/target/diagnose.ts';
import type { Target } from '../proxy/target/target.ts';
import type { ForwardEnd, ForwardedConnection, Forwarder } from '../tailnet/net/forward.ts';
import { proxyHeader } from '../tailnet/net/proxy-header.ts';
import type { Termination } from '../tailnet/net/termination.ts';
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

/** The TCP ports of an exposure. */
export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #outages = new Set<string>();
  readonly #open = new Set<ForwardedConnection>();
  #onEmpty: (() => void) | undefined;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
  }

  /** Opens a port whose connections Go joins to the target. */
  listen({ port, target }: PortPlan, secure: { tls?: Termination; funnel?: boolean } = {}): Promise<Forwarder> {
    const { tailnet, service } = this.#options;
    return tailnet.forward(port, {
      ...secure,
      ...(service !== undefined && { service }),
      target: target.socketPath ? `unix:${target.socketPath}` : joinHostPort(target),
      onConnection: (connection) => {
        this.#options.report({ event: 'connection', port, caller: callerSummary(connection.identity) });
        this.#watch(connection, port);
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
  #watch(connection: ForwardedConnection, port: number): void {
    const { identity } = connection;
    connection.on('identity', (now) => {
      // rule: a target that was told of one caller does not get the bytes of another
      // mutate: !isSameCaller(identity, now) => false
      const changed = this.#options.plan.proxyProtocol !== undefined && !isSameCaller(identity, now);
      // rule: a connection is cut when its caller is no longer allowed
      if (changed || this.#isDenied(now, port)) connection.destroy();
    });
  }

  #preface(connection: ForwardedConnection): Buffer | undefined {
    const { proxyProtocol } = this.#options.plan;
    return proxyProtocol && proxyHeader(proxyProtocol, connection);
  }

  #ended(connection: ForwardedConnection, target: Target, error: ForwardEnd['error']): void {
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
