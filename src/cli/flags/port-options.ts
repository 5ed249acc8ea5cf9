import { resolve } from 'node:path';
import type { Interfaces } from '@oclif/core';
import { FunnelAuth } from '../../access/funnel-auth.ts';
import { TsexposeError } from '../../errors.ts';
import type { ExposeOptions } from '../../expose/expose.ts';
import { type HttpsMode, type PortPlan, planPorts } from '../../expose/ports.ts';
import { planRoutes } from '../../expose/routes.ts';
import { checkService } from '../../expose/service-host.ts';
import type { Target } from '../../proxy/target/target.ts';
import { trustTargets } from '../../proxy/target/tls.ts';
import type { portFlags } from './port-flags.ts';
import type { Problems } from './problems.ts';

/** Flags about ports as they were typed. */
export type PortFlags = Partial<Interfaces.InferredFlags<typeof portFlags>>;

/** Whether ports or routes name the targets, so that the command needs none. */
export function portsHaveTargets({ port: ports = [], route: routes = [] }: PortFlags): boolean {
  return routes.length > 0 || (ports.length > 0 && ports.every((port) => port.includes(':')));
}

/** Reads the flags about ports. `target` is absent where it could not be read, or is not needed. */
export function readPortFlags(problems: Problems, target: Target | undefined, flags: PortFlags, cwd: string) {
  const { 'cert-cache': cache, 'target-ca': ca } = flags;
  const options = {
    https: flags.https as HttpsMode | undefined,
    certCache: cache === undefined ? undefined : resolve(cwd, cache),
    ports: flags.port,
    routes: flags.route,
    stripPrefix: flags['strip-prefix'],
    targetCa: ca === undefined ? undefined : resolve(cwd, ca),
    targetServername: flags['target-servername'],
    proxyProtocol: flags['proxy-protocol'] === undefined ? undefined : (Number(flags['proxy-protocol']) as 1 | 2),
    service: flags.service,
    funnel: flags.funnel,
    funnelAuth: flags['funnel-auth'],
    tlsTerminatedTcp: flags['tls-terminated-tcp'],
  } satisfies Partial<ExposeOptions>;
  problems.check(() => checkService(options));
  const password = flags['funnel-auth'];
  if (password !== undefined) problems.check(() => new FunnelAuth(password));
  // A target that cannot be read is a problem already.
  const routes = problems.check(() => planRoutes(target, options.routes));
  const main = target ?? routes?.[0]?.target;
  const plan =
    main || (flags.port?.length && !routes) ? problems.check(() => planPorts({ ...options, target: main })) : undefined;
  if (plan) {
    const targets = [...plan, ...(routes ?? [])].map(({ target }) => target);
    problems.check(() => trustTargets(targets, options));
    for (const flag of TCP_FLAGS) problems.check(() => checkTcpFlag(flag, flags, plan));
  }
  problems.check(() => checkCompany(flags));
  return options;
}

const TCP_FLAGS = ['proxy-protocol', 'tls-terminated-tcp'] as const;

/** What does nothing is refused: whoever typed it counts on it. */
function checkTcpFlag(flag: (typeof TCP_FLAGS)[number], flags: PortFlags, plan: PortPlan[]): void {
  const [first] = plan;
  if (!flags[flag] || !first || plan.some(({ target }) => target.kind === 'tcp')) return;
  const { url, authority } = first.target;
  const there = /:\d+$/.test(authority) ? authority : 'localhost:5432';
  throw useless(`Expected a tcp:// target for --${flag}, got ${url}.`, `tsexpose tcp://${there}`);
}

function checkCompany({ route, 'strip-prefix': strips, funnel, 'funnel-auth': password }: PortFlags): void {
  if (strips && !route?.length) {
    throw useless('Expected --route beside --strip-prefix, got none.', '--route /api=3001 --strip-prefix');
  }
  if (password !== undefined && !funnel) {
    const message = 'Expected --funnel beside --funnel-auth, which asks visitors from the internet, got none.';
    throw useless(message, '--funnel --funnel-auth …', '--allow alice@example.com, for visitors from the tailnet');
  }
}

function useless(message: string, ...suggestions: string[]): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions });
}
