/**
 * The pipeline: plan → node → listeners → identity → proxy → target. Everything else in this tree is one of these
 * stages, or draws what they report.
 */

import { abortError } from '../errors.ts';
import type { ConnectedCaller } from '../identity/identity.ts';
import { refuseInsecureParser } from '../proxy/inbound/node-server.ts';
import { whyUnreachable } from '../proxy/target/probe.ts';
import { requireCertificates } from '../tailnet/certificate/certificate.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import { devServersOf, withOwnPorts } from './dev-servers.ts';
import { joinTailnet, reporter } from './join.ts';
import type { Listeners } from './listeners.ts';
import type { ExposeOptions } from './options.ts';
import { type Plan, plan } from './plan.ts';
import { ServiceHost } from './service-host.ts';

export { joinTailnet } from './join.ts';
export type { ExposeOptions, JoinOptions } from './options.ts';

// For a long range of ports, the first few targets are enough.
const MOST_PROBES = 5;

const ANY_HOST = {
  code: 'ANY_HOST',
  message: 'With --host "*", any web page that a caller opens can read this app as that caller (DNS rebinding).',
  suggestions: ['Name the hosts instead: --host app.example.com'],
};

/** An app that is on the tailnet. */
export interface Exposure {
  /** The name that the tailnet assigned. */
  readonly name: string;
  /** MagicDNS full name, of the Service if there is one. */
  readonly fqdn: string;
  /** Where the app is, the best URL first. HTTPS is among them once its certificate is there: see the `addresses` event. */
  readonly urls: string[];
  /** Tailnet addresses, of the Service if there is one. */
  readonly ips: string[];
  /** The target as a URL. */
  readonly target: string;
  /** Who is connected now. Over HTTP, only known if there is an `onEvent`. */
  readonly callers: ConnectedCaller[];
  readonly tailnet: Tailnet;
  /** Resolves when the exposure has ended. */
  readonly closed: Promise<void>;
  /**
   * Stops accepting callers, lets running requests finish for up to `timeout` milliseconds, and leaves the tailnet. Safe
   * to call more than once.
   *
   * @param options.timeout - `@default` 5000
   */
  close(options?: { timeout?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts a local app on the tailnet and tells it who is calling.
 *
 * @throws TsexposeError for invalid options, before anything starts, and for everything that `Tailnet.up` throws
 * @example
 * ```ts
 * await using exposure = await expose({ target: '3000', name: 'myapp' });
 * console.log(exposure.urls[0]);
 * ```
 */
export async function expose(options: ExposeOptions): Promise<Exposure> {
  return exposePlan(plan(options));
}

/** Does what a plan says. */
export async function exposePlan(plan: Plan): Promise<Exposure> {
  const { service } = plan;
  const { signal, timeout } = plan.node;
  const report = reporter(plan.node);
  refuseInsecureParser();
  let listeners: Listeners | undefined;
  let tailnet: Tailnet | undefined;
  try {
    // The proxy is loaded while the node comes up.
    const loading = import('./listeners.ts');
    const node = await joinTailnet(plan.node);
    tailnet = node;
    const secureOnly = plan.ports.every(({ speech }) => speech !== 'http' && speech !== 'tcp');
    if (secureOnly && service === undefined) await requireCertificates(node, { signal });
    const recognizing = plan.hostHeader === 'preserve' ? undefined : devServersOf(plan.targets);
    const probing = Promise.all(plan.targets.slice(0, MOST_PROBES).map(whyUnreachable));
    const { Listeners } = await loading;
    const hosting = { tailnet: node, ports: plan.ports, report, timeout, signal };
    const host = service === undefined ? undefined : await ServiceHost.offer({ ...hosting, service });
    const devServers = await recognizing;
    const ports = devServers && service === undefined ? withOwnPorts(plan.ports, devServers) : plan.ports;
    const open = new Listeners({ tailnet: node, plan: { ...plan, ports }, host, report, devServers: devServers?.urls });
    listeners = open;
    if (plan.hosts.includes('*')) report({ event: 'warning', ...ANY_HOST });
    await open.open();
    for (const absent of await probing) {
      if (absent) report({ event: 'warning', code: 'TARGET_UNREACHABLE', ...absent });
    }
    if (signal?.aborted) throw abortError(signal);

    const { name } = node;
    const { fqdn, ips } = host?.service ?? node;
    const target = plan.targets[0]!.url;
    const { urls, ...publicly } = open.tell();
    report({ event: 'ready', name, fqdn, urls, ips, target, ...(host && { service }), ...publicly });

    let closing: Promise<void> | undefined;
    const closed = new Promise<void>((resolve) => node.once('close', resolve));
    const close = ({ timeout = 5000 } = {}) => {
      closing ??= (async () => {
        await open.close(timeout);
        await node.close({ timeout: 0 });
        report({ event: 'closed', reason: 'closed' });
      })();
      return closing;
    };
    // Closing the node also closes the exposure.
    node.once('close', () => void close({ timeout: 0 }));
    return {
      ...{ name, fqdn, ips, target, tailnet: node, closed, close, [Symbol.asyncDispose]: close },
      get urls() {
        return open.urls;
      },
      get callers() {
        return open.callers;
      },
    };
  } catch (error) {
    await Promise.all([listeners?.close(0), tailnet?.close({ timeout: 0 })]);
    throw error;
  }
}
