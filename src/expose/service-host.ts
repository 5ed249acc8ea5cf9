/** The Tailscale Service that a node hosts: offered at the start, waited for, and given up first at the end. */
import { setTimeout as delay } from 'node:timers/promises';
import { TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import type { TailnetService } from '../tailnet/service.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import type { PortPlan } from './ports.ts';

/** Options of {@link ServiceHost}. */
export interface ServiceHostOptions {
  tailnet: Tailnet;
  /** Such as `svc:web`. */
  service: string;
  ports: readonly PortPlan[];
  report: (event: ExposeEvent) => void;
  /** How long to wait for an approval, in milliseconds; 0 for no limit. @default 60_000 */
  timeout?: number;
  signal?: AbortSignal;
}

const ADMIN_PAGE = 'https://login.tailscale.com/admin/services';
/** The tailnet's policy may approve hosts automatically, which takes a moment. Until then there is nothing to report. */
const SILENCE = 1000;
/** It takes a moment until the control server sends callers to other hosts. Until then they are served here. */
const HANDOVER = 500;

/** A node as the host of a Service. */
export class ServiceHost {
  readonly service: TailnetService;
  readonly #options: ServiceHostOptions;
  readonly #look = () => this.#tell();
  /** What was last reported as missing; undefined if nothing was. */
  #told: string | undefined;
  #silent = true;

  private constructor(service: TailnetService, options: ServiceHostOptions) {
    this.service = service;
    this.#options = options;
    service.on('change', this.#look);
  }

  /**
   * Offers all ports at once: a host must have every port of the Service, and ports with TLS open only with a
   * certificate, which is issued to hosts.
   */
  static async offer(options: ServiceHostOptions): Promise<ServiceHost> {
    const { tailnet, service, signal } = options;
    const ports = options.ports.map(({ port }) => port);
    return new ServiceHost(await tailnet.hostService(service, { ports, signal }), options);
  }

  /**
   * Resolves when this host is approved, and reports what is missing until then.
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

  /** Sends callers to other hosts, and keeps serving those who are on their way for at most `timeout` milliseconds. */
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

/** Returns what is left to do for this node to become a host. A node does not learn of a Service that it may not use. */
function missing({ service, known, missingPorts: [port] }: TailnetService): string {
  if (port !== undefined) {
    return `${service} has port ${port}, which this host does not offer: add --port ${port}, or change the Service at ${ADMIN_PAGE}`;
  }
  const define = known ? '' : ' (define it there first if it is missing)';
  return `approve this host of ${service} at ${ADMIN_PAGE}${define}`;
}

function notApproved(service: TailnetService, timeout: number): TsexposeError {
  const step = missing(service);
  const message = `The node waited ${timeout / 1000} s to be approved as a host of ${service.service}.`;
  return new TsexposeError('ERR_TSEXPOSE_APPROVAL_NEEDED', message, {
    suggestions: [`${step.charAt(0).toUpperCase()}${step.slice(1)}.`, 'Wait without a limit: --timeout 0'],
  });
}
