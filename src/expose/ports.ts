/** Which tailnet ports there are, and what is spoken on them. */
import { TsexposeError } from '../errors.ts';
import { Problems } from '../problems.ts';
import type { Route } from '../proxy/routes.ts';
import { parseTarget, type Target } from '../proxy/target/target.ts';
import type { ExposeOptions } from './options.ts';

/**
 * What is spoken on a port: `redirect` leads to HTTPS; `tls` is TCP inside TLS; `sockets` is HTTP with and without TLS, for
 * pages that come from another port.
 */
export type Speech = 'http' | 'https' | 'redirect' | 'tcp' | 'tls' | 'sockets';

/** Where connections go. */
export interface Destination {
  /** With routes, the first of theirs. */
  target: Target;
  /** Targets by path. @default the target alone */
  routes?: readonly Route[];
}

/** One port of the tailnet. */
export interface PortPlan extends Destination {
  port: number;
  speech: Speech;
}

/** Options of {@link planPorts}. */
export interface PortOptions extends Pick<ExposeOptions, 'ports' | 'https' | 'tlsTerminatedTcp'> {
  /** Where ports without a target of their own lead. Absent if every port has one. */
  main?: Destination | undefined;
}

/** The ports that can have HTTPS and Funnel. */
export const TLS_PORTS = [443, 8443, 10_000];
const MOST_PORTS = 1000;
const HAS_SCHEME = /:\/\/|^(tcp\+)?unix:/i;
const MAP = /^(\d{1,5})(?:-(\d{1,5}))?(?::(.+))?$/s;

/** Whether a port map names its target, as `5432:5432` does and `8080` does not. A range stands for ports of this machine. */
export function hasOwnTarget(map: string): boolean {
  return /[:-]/.test(map);
}

/**
 * Plans the ports of an exposure. Ports 80 and 443 carry HTTP, others what their target speaks: TCP, unless it is a URL or
 * another port has the same app as HTTP.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for an invalid port map, and for a port that is mapped twice
 * @example
 * ```ts
 * planPorts({ main: { target: parseTarget('3000') }, https: 'off' }); // [{ port: 80, speech: 'http', target }]
 * ```
 */
export function planPorts({ main, ports = [], https = 'auto', tlsTerminatedTcp = false }: PortOptions): PortPlan[] {
  const problems = new Problems();
  const bytes = tlsTerminatedTcp ? 'tls' : 'tcp';
  const plan: PortPlan[] = [];
  if (ports.length === 0 && main?.target.kind === 'tcp' && main.target.port === 0) noPort(main.target);
  const maps = ports.length > 0 ? ports : defaultPorts(main);
  const expanded = maps.flatMap((map) => problems.check(() => expand(map, main)) ?? []);
  const apps = new Map([main, ...expanded.filter(({ isBare }) => isBare).map(({ to }) => to)].flatMap(appsOf));
  for (const { port, to: given, isBare } of expanded) {
    const app = isBare ? apps.get(placeOf(given.target)) : undefined;
    const to = app && given.target.kind === 'tcp' ? { target: app } : given;
    const speech = to.target.kind === 'tcp' ? bytes : TLS_PORTS.includes(port) && https !== 'off' ? 'https' : 'http';
    // rule: a port has one target
    if (plan.some((other) => other.port === port)) problems.check(() => twice(port));
    plan.push({ port, speech, ...to });
  }
  if (plan.length > MOST_PORTS) problems.check(() => tooMany(plan.length));
  problems.throw();
  return https === 'off' ? plan : withHttps(plan, https);
}

function defaultPorts(main: Destination | undefined): string[] {
  if (!main) return [];
  return [String(main.target.kind === 'tcp' ? main.target.port : 80)];
}

/** Puts 443 beside 80, and makes 80 redirect there if HTTPS is all there is. */
function withHttps(plan: PortPlan[], https: 'auto' | 'only'): PortPlan[] {
  const plain = plan.find(({ port, speech }) => port === 80 && speech === 'http');
  if (!plain) return plan;
  const secure = plan.find(({ port }) => port === 443) ?? { ...plain, port: 443, speech: 'https' as const };
  const others = plan.filter((one) => one !== plain && one !== secure);
  const leads = https === 'only' && secure.speech === 'https';
  return [secure, leads ? { ...plain, speech: 'redirect' } : plain, ...others];
}

/** One port of a port map. A bare target has no scheme. */
interface Mapped {
  port: number;
  to: Destination;
  isBare: boolean;
}

/** Returns the HTTP apps of a destination, by where they are. */
function appsOf(to: Destination | undefined): [place: string, app: Target][] {
  const targets = to ? [to.target, ...(to.routes ?? []).map(({ target }) => target)] : [];
  const apps = targets.filter(({ kind, local, socketPath }) => kind === 'http' && !local && !socketPath);
  return apps.map((target) => [placeOf(target), target]);
}

function placeOf({ host, port }: Target): string {
  return `${/^(127\.0\.0\.1|::1)$/.test(host) ? 'localhost' : host}:${port}`;
}

function expand(map: string, main: Destination | undefined): Mapped[] {
  const parts = MAP.exec(map);
  if (!parts) throw invalid(`Expected a port map such as 80:3000, got ${JSON.stringify(map)}.`);
  const first = checkPort(parts[1]!, map);
  const last = parts[2] === undefined ? first : checkPort(parts[2], map);
  if (last < first) throw invalid(`Expected a range in ascending order, got ${JSON.stringify(map)}.`);
  if (last - first >= MOST_PORTS) throw invalid(`Expected at most ${MOST_PORTS} ports, got ${JSON.stringify(map)}.`);
  const count = last - first + 1;
  if (!hasOwnTarget(map) && main) return [{ port: first, to: main, isBare: false }];
  const isBare = !HAS_SCHEME.test(parts[3] ?? '');
  const targetOf = targetsFrom(parts[3], first, count, map);
  return Array.from({ length: count }, (_, i) => ({ port: first + i, to: { target: targetOf(i) }, isBare }));
}

function targetsFrom(text: string | undefined, first: number, count: number, map: string): (i: number) => Target {
  const range = /^(?:(.*):)?(\d{1,5})(?:-(\d{1,5}))?$/s.exec(text ?? `${first}-${first + count - 1}`);
  if (!range || HAS_SCHEME.test(text ?? '')) {
    if (count > 1) throw unequal(map);
    return () => parseTarget(text!);
  }
  const [, host = 'localhost', from = '', to = from] = range;
  const start = checkPort(from, map);
  if (checkPort(to, map) - start + 1 !== count) throw unequal(map);
  // A bare port has no scheme, so the tailnet port decides what is spoken, if no other port does.
  return (i) => parseTarget(`${[80, 443].includes(first + i) ? 'http' : 'tcp'}://${host}:${start + i}`);
}

function checkPort(digits: string, map: string): number {
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return port;
  throw invalid(`Expected ports from 1 to 65535, got ${JSON.stringify(map)}.`);
}

function unequal(map: string): TsexposeError {
  return invalid(`Expected as many target ports as tailnet ports, got ${JSON.stringify(map)}.`);
}

function noPort({ url }: Target): never {
  const message = `${url} has no port, so the port on the tailnet must be named.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions: ['--port 5432'] });
}

function twice(port: number): never {
  throw invalid(`--port: tailnet port ${port} is mapped twice.`);
}

function tooMany(count: number): never {
  throw invalid(`Expected at most ${MOST_PORTS} ports, got ${count}.`);
}

function invalid(message: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: ['--port 80:3000', '--port 5432:5432', '--port 8000-8010'],
  });
}
