/** The Tailscale Service that an exposure is a host of: offered at the start, waited for, given up first at the end. */
import { setTimeout as delay } from 'node:timers/promises';
import { TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { checkServiceName, type TailnetService } from '../tailnet/service.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import type { PortPlan } from './ports.ts';

/** Options of {@link ServiceHost}. */
export interface ServiceHostOptions {
  tailnet: Tailnet;
  /** Such as `svc:web`. */
  service: string;
  plan: readonly PortPlan[];
  report: (event: ExposeEvent) => void;
  /** Longest wait for an approval in milliseconds; 0 for none. @default 60_000 */
  timeout?: number;
  signal?: AbortSignal;
}

const ADMIN_PAGE = 'https://login.tailscale.com/admin/services';
/** The tailnet's policy may approve hosts by itself, which takes a moment and needs nobody. */
const SILENCE = 1000;
/** The control server hears of a host that leaves, and then its visitors do: until then they are served here. */
const HANDOVER = 500;

/** An exposure's part in a Service. */
export class ServiceHost {
  readonly service: TailnetService;
  readonly #options: ServiceHostOptions;
  readonly #look = () => this.#tell();
  /** What is waited for, as it was told; undefined while nothing is. */
  #told: string | undefined;
  #silent = true;

  private constructor(service: TailnetService, options: ServiceHostOptions) {
    this.service = service;
    this.#options = options;
    service.on('change', this.#look);
  }

  /**
   * Offers all ports of the plan at once: a host has to have every port of the Service, and those with TLS are opened
   * only when there is a certificate, which is given to hosts.
   */
  static async offer(options: ServiceHostOptions): Promise<ServiceHost> {
    const { tailnet, service, plan, signal } = options;
    const ports = plan.map(({ port }) => port);
    return new ServiceHost(await tailnet.hostService(service, { ports, ...(signal && { signal }) }), options);
  }

  /**
   * Resolves when an admin has approved this host; says what is waited for meanwhile.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_APPROVAL_NEEDED` after the timeout
   */
  async approval(): Promise<void> {
    const { signal, timeout = 60_000 } = this.#options;
    const limit = timeout > 0 ? AbortSignal.timeout(timeout) : undefined;
    const signals = [signal, limit].filter((one) => one !== undefined);
    const silence = setTimeout(() => this.#speak(), Math.min(SILENCE, timeout || SILENCE));
    try {
      await this.service.approval({ signal: AbortSignal.any(signals) });
    } catch (error) {
      throw limit?.aborted && !signal?.aborted ? notApproved(this.service, timeout) : error;
    } finally {
      clearTimeout(silence);
    }
    this.#speak();
  }

  /** Has visitors sent to other hosts, and serves those who are on their way for at most `timeout` milliseconds. */
  async leave(timeout: number): Promise<void> {
    const { service } = this;
    service.off('change', this.#look);
    const served = service.approved;
    await service.withdraw();
    if (served && timeout > 0) await delay(Math.min(timeout, HANDOVER));
  }

  #speak(): void {
    this.#silent = false;
    this.#tell();
  }

  #tell(): void {
    const message = this.service.approved ? undefined : missing(this.service);
    if (this.#silent || message === this.#told) return;
    this.#told = message;
    this.#options.report(
      message === undefined
        ? { event: 'state', state: 'running' }
        : { event: 'state', state: 'needs-approval', message },
    );
  }
}

/**
 * Checks what an exposure is to be for a Service.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkService({ service, funnel }: { service?: string; funnel?: boolean }): void {
  if (service === undefined) return;
  checkServiceName(service);
  if (!funnel) return;
  const message = 'Expected a Service or Funnel, got both: Funnel leads to a node, and not to a Service.';
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: [`--service ${service}`, '--funnel'],
  });
}

/** What has to be done for this node to become a host. The tailnet does not tell a node that may not use a Service of it. */
function missing({ service, known, missingPorts: [port] }: TailnetService): string {
  if (port !== undefined) {
    return `${service} has port ${port}, which this host does not offer: add --port ${port}, or change it at ${ADMIN_PAGE}`;
  }
  const define = known ? '' : ' (define it there first if it is missing)';
  return `approve this host of ${service} at ${ADMIN_PAGE}${define}`;
}

function notApproved(service: TailnetService, timeout: number): TsexposeError {
  const step = missing(service);
  const message = `The node waited ${timeout / 1000} s to be approved as a host of ${service.service}.`;
  return new TsexposeError('ERR_TSEXPOSE_APPROVAL_NEEDED', message, {
    suggestions: [`${step.charAt(0).toUpperCase()}${step.slice(1)}.`, 'Wait for as long as it takes: --timeout 0'],
  });
}
