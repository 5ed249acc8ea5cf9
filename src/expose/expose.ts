/**
 * The pipeline: node → fronts → identity → proxy → target. Everything else in this tree is one of these stages, or
 * draws what they report.
 */

import { Gate, type GateOptions } from '../access/gate.ts';
import { abortError } from '../errors.ts';
import { refuseInsecureParser } from '../proxy/inbound/node-server.ts';
import { whyUnreachable } from '../proxy/target/probe.ts';
import { parseTarget } from '../proxy/target/target.ts';
import { trustTargets } from '../proxy/target/tls.ts';
import { requireCertificates } from '../tailnet/certificate/certificate.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import { type JoinOptions, joinTailnet, reporter } from './join.ts';
import type { Listeners } from './listeners.ts';
import { checkExposeOptions } from './options.ts';
import { type PortOptions, planPorts } from './ports.ts';
import { planRoutes } from './routes.ts';
import { checkService, ServiceHost } from './service-host.ts';

export { type JoinOptions, joinTailnet } from './join.ts';

// Of a long range the first few tell enough.
const MOST_PROBES = 5;

/** What to expose and how. */
export interface ExposeOptions extends JoinOptions, GateOptions {
  /** The local service: `3000`, `host:port`, `http(s)://…`, `unix:/path`, `tcp://…`; '' where `ports` or `routes` have them all. */
  target: string;
  /** Whether visitors come by HTTPS: `auto` (443 with 80 beside it), `only` (80 leads to 443) or `off`. @default 'auto' */
  https?: PortOptions['https'];
  /** Directory that keeps the certificate of a node without state. @default none */
  certCache?: string;
  /** Tailscale Service that this node is a host of, such as `svc:web`: visitors come by its name. @default none */
  service?: string;
  /** Tailnet ports, such as `5432`, `80:3000` or `8000-8010`. @default 80 and 443, or the port of a `tcp:` target */
  ports?: string[];
  /** Services by path, such as `/api=3001`; the target, where there is one, has the rest. @default none */
  routes?: string[];
  /** Whether services see their requests without the prefix of their route. @default false */
  stripPrefix?: boolean;
  /** Version of the PROXY header that tells a TCP service who is calling. @default none */
  proxyProtocol?: 1 | 2;
  /** Whether the service is on the public internet as well, through Tailscale Funnel. @default false */
  funnel?: boolean;
  /** `user:password` for visitors from the internet. @default nobody is asked */
  funnelAuth?: string;
  /** Whether TLS of TCP ports ends here, so that the service gets the bytes in it. @default false */
  tlsTerminatedTcp?: boolean;
  /** PEM file with the authorities that services of `https://` have to have their certificate from, or the PEM itself. @default those that Node.js trusts */
  targetCa?: string;
  /** Name in the certificate of an `https://` service. @default the host of the target */
  targetServername?: string;
  /** What the service sees as Host: the caller's, its own, or a value. @default 'preserve' */
  hostHeader?: string;
}

/** A service that is on the tailnet. */
export interface Exposure {
  /** The name that the tailnet gave. */
  readonly name: string;
  /** MagicDNS full name, of the Service where there is one. */
  readonly fqdn: string;
  /** Where the service is, the best first. */
  readonly urls: string[];
  /** Tailnet addresses, of the Service where there is one. */
  readonly ips: string[];
  /** The target as a URL. */
  readonly target: string;
  readonly tailnet: Tailnet;
  /** Resolves when the exposure has ended. */
  readonly closed: Promise<void>;
  /**
   * Stops taking callers, lets running requests end for `timeout` milliseconds, and leaves the tailnet. Safe to call
   * more than once.
   *
   * @param options.timeout - `@default` 5000
   */
  close(options?: { timeout?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts a local service on the tailnet and tells it who is calling.
 *
 * @throws TsexposeError for options that make no sense, and for everything that `Tailnet.up` throws
 * @example
 * ```ts
 * await using exposure = await expose({ target: '3000', name: 'myapp' });
 * console.log(exposure.urls[0]);
 * ```
 */
export async function expose(options: ExposeOptions): Promise<Exposure> {
  checkExposeOptions(options);
  const report = reporter(options);
  refuseInsecureParser();
  const gate = new Gate(options);
  const own = options.target === '' ? undefined : parseTarget(options.target);
  const routes = planRoutes(own, options.routes);
  checkService(options);
  const plan = planPorts({ ...options, target: own ?? routes?.[0]?.target });
  trustTargets(
    [...plan, ...(routes ?? [])].map(({ target }) => target),
    options,
  );
  let fronts: Listeners | undefined;
  let tailnet: Tailnet | undefined;
  try {
    // The proxy is read while the node comes up.
    const fronting = import('./listeners.ts');
    const { service } = options;
    const node = await joinTailnet({ ...options, anyName: service !== undefined });
    tailnet = node;
    const secureOnly = plan.every(({ speech }) => speech === 'https' || speech === 'tls' || speech === 'redirect');
    if (secureOnly && service === undefined) await requireCertificates(node, options);
    const { Listeners } = await fronting;
    const host =
      service === undefined ? undefined : await ServiceHost.offer({ ...options, service, tailnet: node, plan, report });
    const open = new Listeners({ ...options, host, tailnet: node, gate, plan, routes, report });
    fronts = open;
    await open.open();
    for (const target of open.targets.slice(0, MOST_PROBES)) {
      const absent = await whyUnreachable(target);
      if (absent) report({ event: 'warning', code: 'TARGET_UNREACHABLE', ...absent });
    }
    if (options.signal?.aborted) throw abortError(options.signal);

    const { name } = node;
    const { fqdn, ips } = host?.service ?? node;
    const target = open.targets[0]!.url;
    report({ event: 'ready', name, fqdn, urls: open.urls, ips, target, ...(host && { service }), ...open.publicly });

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
    // Whoever closes the node ends the exposure.
    node.once('close', () => void close({ timeout: 0 }));
    return {
      ...{ name, fqdn, ips, target, tailnet: node, closed, close, [Symbol.asyncDispose]: close },
      get urls() {
        return open.urls;
      },
    };
  } catch (error) {
    await Promise.all([fronts?.close(0), tailnet?.close({ timeout: 0 })]);
    throw error;
  }
}
