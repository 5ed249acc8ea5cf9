import { EventEmitter, once } from 'node:events';
import { nodeClosedError, TsexposeError } from '../errors.ts';
import type { Runtime } from '../native/runtime.ts';
import { isLabel, toLabel } from './label.ts';

/** What Go knows about a Service that the node hosts. @internal */
export interface ServiceState {
  service: string;
  fqdn: string;
  ips: string[];
  known: boolean;
  missing: number[];
}

/** What `Tailnet.hostService` takes. */
export interface HostServiceOptions {
  /** Ports to offer from now on, whether or not something listens there yet. @default none but those listened on */
  ports?: number[];
  /** Gives up before the Service is offered. */
  signal?: AbortSignal;
}

/** How a Service reaches its node. @internal */
export interface ServiceNode {
  runtime: Runtime;
  handle: number;
}

/**
 * A Tailscale Service that a node is a host of: one name and two addresses, behind which several nodes can stand. Made by
 * `Tailnet.hostService`.
 *
 * `'change'` is emitted when an admin has approved the node or taken that back, and when the Service is defined otherwise.
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

  /** The name as visitors type it, such as `web`. */
  get name(): string {
    return this.service.slice('svc:'.length);
  }

  /** The full name without the trailing dot. */
  get fqdn(): string {
    return this.#state.fqdn;
  }

  /** Addresses of the Service, IPv4 first; empty until an admin has approved this node as a host. */
  get ips(): string[] {
    return this.#state.ips;
  }

  /** Whether visitors may be sent to this node. */
  get approved(): boolean {
    return this.#state.ips.length > 0;
  }

  /** Whether the tailnet is known to define the Service; it need not tell a node that may not use it. */
  get known(): boolean {
    return this.#state.known;
  }

  /** Ports that the Service is defined with and this node does not offer; it is no host before it does. */
  get missingPorts(): number[] {
    return this.#state.missing;
  }

  /**
   * Resolves when the node is a host, which may be at once, or when an admin has approved it.
   *
   * @throws an `AbortError`, or `ERR_TSEXPOSE_NODE_CLOSED` when the node closes meanwhile
   */
  async approval({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    while (!this.approved) {
      if (this.#closed) throw nodeClosedError();
      await once(this, 'change', { signal });
    }
  }

  /**
   * Has visitors sent to the other hosts; connections live on, and new ones are taken for as long as something listens.
   * To listen, or `Tailnet.hostService`, takes it back.
   */
  async withdraw(): Promise<void> {
    await offer(this.#node, this.service, { withdraw: true }).catch(() => {}); // closing the node does it as well
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
 * Tells the control server what a node offers.
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
 * Checks what a node is to offer.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkHosting(service: string, ports: number[]): void {
  checkServiceName(service);
  if (Array.isArray(ports) && ports.every((port) => Number.isInteger(port) && port > 0 && port < 65536)) return;
  const message = `Expected ports from 1 to 65535, got ${JSON.stringify(ports)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message);
}

/**
 * Checks the name of a Service: `svc:` and a DNS label in lower case.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkServiceName(service: string): void {
  const label = String(service).replace(/^svc:/i, '');
  if (service === `svc:${label.toLowerCase()}` && isLabel(label)) return;
  const message = `Expected the name of a Service such as svc:web, got ${JSON.stringify(service)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: [`--service svc:${toLabel(label) || 'web'}`],
  });
}
