/** Ports that carry bytes: the door, the PROXY header, and the connection to the service. */
import type { Socket } from 'node:net';
import type { ExposeEvent } from '../events.ts';
import type { Gate } from '../identity/gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { TailnetServer } from '../native/server.ts';
import type { TailnetSocket } from '../native/socket.ts';
import type { Tailnet } from '../native/tailnet.ts';
import { diagnose } from '../proxy/failure.ts';
import { type ProxyProtocolVersion, proxyHeader } from '../proxy/proxy-protocol.ts';
import { callerSummary } from '../proxy/report.ts';
import type { Target } from '../proxy/target.ts';
import { forwardTcp } from '../proxy/tcp.ts';
import type { PortPlan } from './port-plan.ts';

/** How TCP services are told about their callers. */
export interface TcpOptions {
  /** Version of the PROXY header in front of each connection. @default none */
  proxyProtocol?: ProxyProtocolVersion;
}

interface Ports extends TcpOptions {
  tailnet: Tailnet;
  gate: Gate;
  report: (event: ExposeEvent) => void;
}

/** The TCP ports of an exposure. */
export class TcpPorts {
  readonly #options: Ports;
  readonly #outages = new Set<string>();
  readonly #open = new Set<Socket>();
  #onEmpty: (() => void) | undefined;

  constructor(options: Ports) {
    this.#options = options;
  }

  /** Opens one port. */
  async listen({ port, target }: PortPlan): Promise<TailnetServer> {
    const listener = await this.#options.tailnet.listen(port, { allowHalfOpen: true });
    listener.on('connection', (socket) => {
      this.#options.report({ event: 'connection', port, caller: callerSummary(socket.identity) });
      this.accept(socket, socket, target, port);
    });
    return listener;
  }

  /** Forwards a visitor's bytes, where the door is open to the visitor. `stream` is what came of `socket` after TLS. */
  accept(stream: Socket, socket: TailnetSocket, target: Target, port: number): void {
    const { gate, proxyProtocol, report } = this.#options;
    const { identity } = socket;
    const { denial } = gate.admit(identity);
    if (denial) {
      report({
        event: 'warning',
        code: 'REFUSED',
        message: `${callerSummary(identity).who} is kept out of port ${port} by ${denial.rule}.`,
      });
      stream.destroy();
      return;
    }
    this.#open.add(stream);
    forwardTcp(stream, {
      target,
      ...(proxyProtocol && { preface: header(proxyProtocol, identity, socket) }),
      onFailure: (error) => this.#failed(error, target),
      onEnd: () => {
        this.#outages.delete(target.url);
        this.#open.delete(stream);
        if (this.#open.size === 0) this.#onEmpty?.();
      },
    });
  }

  /** Waits until the connections have ended, and ends those that are left after `timeout` milliseconds. */
  async close(timeout: number): Promise<void> {
    if (this.#open.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const timer = setTimeout(() => {
      for (const socket of this.#open) socket.destroy();
    }, timeout);
    await empty;
    clearTimeout(timer);
  }

  /** One warning for an outage, not one for every caller. */
  #failed(error: Error, target: Target): void {
    const { code, message, suggestions } = diagnose(error, target);
    if (!this.#outages.has(target.url)) this.#options.report({ event: 'warning', code, message, suggestions });
    this.#outages.add(target.url);
  }
}

function header(version: ProxyProtocolVersion, identity: Identity, socket: TailnetSocket): Buffer {
  const remote = { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  const local = { ip: socket.localAddress ?? '', port: socket.localPort ?? 0 };
  return proxyHeader(version, identity, remote, local);
}
