/** Every option, checked: either a plan that will work, or all that is wrong, before a node starts. */
import { resolve } from 'node:path';
import { FunnelAuth } from '../access/funnel-auth.ts';
import { Gate } from '../access/gate.ts';
import { TsexposeError } from '../errors.ts';
import { Problems } from '../problems.ts';
import { checkHostHeader } from '../proxy/request/host.ts';
import { checkHost } from '../proxy/request/own-hosts.ts';
import { parseTarget, type Target } from '../proxy/target/target.ts';
import { trustTargets } from '../proxy/target/tls.ts';
import { checkServiceName } from '../tailnet/service.ts';
import { planNode } from './node-options.ts';
import { checkTypes, type ExposeOptions, type JoinOptions } from './options.ts';
import { hasOwnTarget, type PortPlan, planPorts } from './ports.ts';
import { checkCompany, checkEffect } from './requirements.ts';
import { planRoutes } from './routes.ts';

/** What to expose, and how. No option is parsed or checked after this. */
export interface Plan {
  /** How the node joins the tailnet. */
  readonly node: JoinOptions;
  readonly ports: readonly PortPlan[];
  /** What is behind the ports, each target once. The first represents all of them on the screen. */
  readonly targets: readonly Target[];
  readonly gate: Gate;
  /** Directory for certificates; see `CertificateCache`. */
  readonly certCache?: string;
  /** The Tailscale Service that has the ports. Without one, they are the node's own. */
  readonly service?: string;
  /** Hosts that requests may be for besides our own; `*` for all. */
  readonly hosts: readonly string[];
  /** Whether ports with TLS are open to the internet too. */
  readonly funnel: boolean;
  readonly funnelAuth?: FunnelAuth;
  readonly hostHeader?: string;
  readonly stripPrefix: boolean;
  /** How long a request or a WebSocket may be silent, in milliseconds; 0 for no limit. */
  readonly idleTimeout: number;
  readonly proxyProtocol?: 1 | 2;
  /** Whether events of requests say more. */
  readonly requestDetails: boolean;
  /** Whether a request without a trace context gets one. */
  readonly trace: boolean;
}

/**
 * Makes a plan of the options of `expose`.
 *
 * @throws TsexposeError the problem, or all of them as `ERR_TSEXPOSE_USAGE`
 * @example
 * ```ts
 * plan({ target: '3000', name: 'myapp' }).ports; // 443 and 80, both to http://localhost:3000
 * ```
 */
export function plan(given: ExposeOptions): Plan {
  const problems = new Problems();
  const options = checkTypes(given, problems);
  const { service, funnelAuth, hosts = [], hostHeader, certCache, proxyProtocol } = options;
  const { funnel = false, stripPrefix = false, requestDetails = false, trace = false } = options;
  const ports = planTargets(options, problems);
  const node = planNode({ ...options, anyName: options.anyName ?? service !== undefined }, problems);
  const gate = problems.check(() => new Gate(options));
  if (service !== undefined) problems.check(() => checkServiceName(service));
  for (const host of hosts) problems.check(() => checkHost(host));
  if (hostHeader !== undefined) problems.check(() => checkHostHeader(hostHeader));
  const auth = funnelAuth === undefined ? undefined : problems.check(() => new FunnelAuth(funnelAuth));
  checkCompany(options, problems);
  if (ports) checkEffect(options, ports, problems);
  // rule: there is no plan while anything is wrong
  problems.throw();
  return {
    ...{ node, gate: gate!, ports: ports!, targets: targetsOf(ports!) },
    ...{ service, hosts, funnel, funnelAuth: auth, hostHeader, stripPrefix, proxyProtocol },
    ...{ requestDetails, trace },
    idleTimeout: options.idleTimeout ?? 0,
    certCache: certCache === undefined ? undefined : resolve(certCache),
  };
}

/** Returns a plan that has another target in the place of one. */
export function withTarget(plan: Plan, old: string, text: string): Plan {
  const [{ url }, target] = [parseTarget(old), parseTarget(text)];
  const swap = <T extends { target: Target }>(to: T): T => (to.target.url === url ? { ...to, target } : to);
  const routes = new Map(plan.ports.map((port) => [port.routes, port.routes?.map(swap)]));
  const ports = plan.ports.map((port) => swap({ ...port, routes: routes.get(port.routes) }));
  return { ...plan, ports, targets: targetsOf(ports) };
}

/** Plans what the ports lead to; undefined if there is a problem with that. */
function planTargets(options: ExposeOptions, problems: Problems): PortPlan[] | undefined {
  const before = problems.count;
  const { target: text, ports: maps = [], routes: texts = [], targetCa, targetServername } = options;
  const isNeeded = texts.length === 0 && (maps.length === 0 || !maps.every(hasOwnTarget));
  if (text === '' && isNeeded) problems.check(() => noTarget(maps));
  const target = text ? problems.check(() => parseTarget(text)) : undefined;
  const routes = texts.length > 0 ? problems.check(() => planRoutes(texts, target)) : undefined;
  const main = routes?.[0] ? { target: routes[0].target, routes } : target && { target };
  const ports = problems.check(() => planPorts({ ...options, main }));
  if (routes && ports && !ports.some((port) => port.routes)) problems.check(unusedRoutes);
  const isComplete = text !== undefined && ports !== undefined && problems.count === before;
  const targets = isComplete ? allTargets(ports) : [];
  for (const { local } of options.listing ? targets : []) if (local?.type === 'files') local.listing = true;
  problems.check(() => trustTargets(targets, { targetCa: targetCa && absolute(targetCa) }));
  problems.check(() => trustTargets(targets, { targetServername }));
  return isComplete ? ports : undefined;
}

function targetsOf(ports: readonly PortPlan[]): Target[] {
  return [...new Map(allTargets(ports).map((target) => [target.url, target])).values()];
}

function allTargets(ports: readonly PortPlan[]): Target[] {
  return ports.flatMap(({ target, routes = [] }) => [target, ...routes.map((route) => route.target)]);
}

/** An option that names a file may also have its text. */
function absolute(file: string): string {
  return file.includes('-----BEGIN') ? file : resolve(file);
}

function noTarget(maps: readonly string[]): never {
  const port = maps.find((map) => !hasOwnTarget(map));
  if (port !== undefined) {
    const message = `No target: --port ${port} is a port of the tailnet and does not say which local port to expose.`;
    throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, {
      suggestions: [`tsexpose ${port}`, `--port ${port}:${port}`],
    });
  }
  const message = 'No target: name a port, a URL or a directory to expose.';
  throw new TsexposeError('ERR_TSEXPOSE_USAGE', message, {
    suggestions: ['tsexpose 3000', 'tsexpose demo', 'tsexpose --help'],
  });
}

function unusedRoutes(): never {
  const message = '--route has no effect: every --port has a target of its own.';
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions: ['--port 80 --route /api=3001'] });
}
