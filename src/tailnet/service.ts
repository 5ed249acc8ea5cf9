import { EventEmitter, once } from 'node:events';
import { nodeClosedError, TsexposeError } from '../errors.ts';
import type { Runtime } from '../native/runtime.ts';
import { isLabel, toLabel } from './label.ts';
import { checkPort } from './net/ports.ts';

/** The state of a hosted Service, as Go reports it. @internal */
export interface ServiceState {
  service: string;
  fqdn: string;
  ips: string[];
  known: boolean;
  missing: number[];
}

/** Options of `Tailnet.hostService`. */
export interface HostServiceOptions {
  /** Ports to offer even before anything listens on them. @default only those listened on */
  ports?: number[];
  /** Gives up if the Service has not been offered yet. */
  signal?: AbortSignal;
}

/** The node that hosts a Service. @internal */
export interface ServiceNode {
  runtime: Runtime;
  handle: number;
}

/**
 * A Tailscale Service that a node hosts: one name and two addresses that several nodes can serve. Created by
 * `Tailnet.hostService`.
 *
 * Emits `'change'` when an admin approves the node or revokes the approval, and when the Service's definition changes.
 *
 * @example
 * ```ts
 * const tailnet = await Tailnet.up({ hostname: 'web-2', tags: ['tag:web'] });
 * const web = await tailnet.hostService('svc:web', { ports: [80] });
 * web.on('change', () => console.log(web.approved ? web.ips : 'not approved yet'));
 * ```
 */
export class TailnetService extends EventEmitter<{ change: [] }> {
  /** The name with its prefix, such as `svc:web`. */
  readonly service: string;
  readonly #node: ServiceNode;
  #state: ServiceState;
  #closed = false;

  /** @internal */
  constructor(node: ServiceNode, state: ServiceState) {
    super();
    this.setMaxListeners(0);
    this.#node = node;
    this.#state = state;
    this.service = state.service;
  }

  /** The name that callers use, such as `web`. */
  get name(): string {
    return this.service.slice('svc:'.length);
  }

  /** The full name without the trailing dot. */
  get fqdn(): string {
    return this.#state.fqdn;
  }

  /** Addresses of the Service, IPv4 first; empty until an admin approves this node as a host. */
  get ips(): string[] {
    return this.#state.ips;
  }

  /** Whether callers can be routed to this node. */
  get approved(): boolean {
    return this.#state.ips.length > 0;
  }

  /** Whether the tailnet defines the Service, as far as this node can see: only nodes that may use it are told. */
  get known(): boolean {
    return this.#state.known;
  }

  /** Ports in the Service's definition that this node does not offer. It becomes a host only when there are none. */
  get missingPorts(): number[] {
    return this.#state.missing;
  }

  /**
   * Resolves once the node is approved as a host, right away if it already is.
   *
   * @throws an `AbortError`, or `ERR_TSEXPOSE_NODE_CLOSED` if the node closes first
   */
  async approval({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    while (!this.approved) {
      if (this.#closed) throw nodeClosedError();
      await once(this, 'change', { signal });
    }
  }

  /**
   * Routes new callers to the other hosts. Open connections continue, and servers accept callers until they are closed.
   * Listening again, or `Tailnet.hostService`, undoes it.
   */
  async withdraw(): Promise<void> {
    await offer(this.#node, this.service, { withdraw: true }).catch(() => {}); // closing the node withdraws it too
  }

  /** @internal */
  update(state: ServiceState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.emit('change');
  }

  /** @internal */
  end(): void {
    this.#closed = true;
    this.emit('change');
  }
}

/**
 * Offers a Service to the control server, or withdraws it.
 *
 * @internal
 */
export function offer(
  { runtime, handle }: ServiceNode,
  service: string,
  config: { ports: number[] } | { withdraw: true },
  signal?: AbortSignal,
): Promise<ServiceState> {
  return runtime.call<ServiceState>(
    (b, request) => b.nodeHost(handle, request, service, JSON.stringify(config)),
    signal,
  );
}

/**
 * Checks the Service and the ports that a node is to offer.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkHosting(service: string, ports: number[]): void {
  checkServiceName(service);
  for (const port of Array.isArray(ports) ? ports : [ports]) checkPort(port, 1);
}

/**
 * Checks the name of a Service: `svc:` followed by a DNS label in lower case.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkServiceName(service: string): void {
  const label = String(service).replace(/^svc:/i, '');
  if (service === `svc:${label.toLowerCase()}` && isLabel(label)) return;
  const message = `Expected a Service name such as svc:web, got ${JSON.stringify(service)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: [`--service svc:${toLabel(label) || 'web'}`],
  });
}
