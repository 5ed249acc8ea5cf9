/** Which tailnet ports there are, and what is spoken on them: the options as a list. */
import { TsexposeError } from '../errors.ts';
import { parseTarget, type Target } from '../proxy/target/target.ts';

/** Whether visitors come by HTTPS: on 443 with 80 beside it, on 443 with 80 leading there, or not. */
export type HttpsMode = 'auto' | 'only' | 'off';

/** What is spoken on a port: `redirect` leads to HTTPS; `tls` is bytes inside TLS. */
export type Speech = 'http' | 'https' | 'redirect' | 'tcp' | 'tls';

/** One port of the tailnet. */
export interface PortPlan {
  port: number;
  speech: Speech;
  target: Target;
}

/** Options of {@link planPorts}. */
export interface PortOptions {
  /** Absent where every port has a target of its own. */
  target?: Target;
  /** `5432`, `80:3000`, `8000-8010`, `8000-8010:9000-9010`, `8080:http://localhost:3000`. @default none */
  ports?: readonly string[];
  https?: HttpsMode;
  /** Whether the ports with TLS are open to the internet. @default false */
  funnel?: boolean;
  /** Whether TLS of TCP ports ends here. @default false */
  tlsTerminatedTcp?: boolean;
}

/** Where Funnel and HTTPS are at home. */
export const TLS_PORTS = [443, 8443, 10_000];
const MOST_PORTS = 1000;
const MAP = /^(\d{1,5})(?:-(\d{1,5}))?(?::(.+))?$/s;

/**
 * The ports of an exposure. Ports 80 and 443 carry HTTP, others what their target speaks: bytes, unless it is a URL.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for a map that cannot be read, and for a port that is mapped twice
 * @example
 * ```ts
 * planPorts({ target: parseTarget('3000'), https: 'off' }); // [{ port: 80, speech: 'http', target }]
 * ```
 */
export function planPorts(options: PortOptions): PortPlan[] {
  const { target, ports = [], https = 'auto', tlsTerminatedTcp = false, funnel = false } = options;
  const bytes = tlsTerminatedTcp ? 'tls' : 'tcp';
  const plan: PortPlan[] = [];
  for (const map of ports.length > 0 ? ports : defaultPorts(target)) {
    for (const [port, own] of expand(map, target)) {
      const speech = own.kind === 'tcp' ? bytes : TLS_PORTS.includes(port) && https !== 'off' ? 'https' : 'http';
      if (plan.some((other) => other.port === port))
        throw invalid(`Expected each tailnet port once, got ${port} twice.`);
      plan.push({ port, speech, target: own });
    }
  }
  if (plan.length > MOST_PORTS) throw invalid(`Expected at most ${MOST_PORTS} ports, got ${plan.length}.`);
  const all = https === 'off' ? plan : withHttps(plan, https);
  if (funnel) checkFunnel(all);
  return all;
}

/** Through Funnel come TLS connections, to three ports. */
function checkFunnel(plan: readonly PortPlan[]): void {
  const secure = plan.filter(({ speech }) => speech === 'https' || speech === 'tls');
  if (secure.length > 0 && secure.every(({ port }) => TLS_PORTS.includes(port))) return;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', 'Expected HTTPS or TLS on 443, 8443 or 10000 for Funnel.', {
    suggestions: [
      '--funnel --https auto',
      '--funnel --port 443:3000',
      '--funnel --tls-terminated-tcp --port 8443:5432',
    ],
  });
}

function defaultPorts(target: Target | undefined): string[] {
  if (!target) throw invalid('Expected a target, or ports with targets of their own.');
  return [String(target.kind === 'tcp' ? target.port : 80)];
}

/** Puts 443 beside 80, and has 80 lead there where HTTPS is all there is. */
function withHttps(plan: PortPlan[], https: HttpsMode): PortPlan[] {
  const plain = plan.find(({ port, speech }) => port === 80 && speech === 'http');
  if (!plain) return plan;
  const secure = plan.find(({ port }) => port === 443) ?? { ...plain, port: 443, speech: 'https' as const };
  const others = plan.filter((one) => one !== plain && one !== secure);
  const leads = https === 'only' && secure.speech === 'https';
  return [secure, leads ? { ...plain, speech: 'redirect' } : plain, ...others];
}

function expand(map: string, main: Target | undefined): [number, Target][] {
  const parts = MAP.exec(map);
  if (!parts) throw invalid(`Expected a port map such as 80:3000, got ${JSON.stringify(map)}.`);
  const first = checkPort(parts[1]!, map);
  const last = parts[2] === undefined ? first : checkPort(parts[2], map);
  if (last < first) throw invalid(`Expected a range that goes up, got ${JSON.stringify(map)}.`);
  if (last - first >= MOST_PORTS) throw invalid(`Expected at most ${MOST_PORTS} ports, got ${JSON.stringify(map)}.`);
  const targets = targetsFrom(parts[3], first, last, main, map);
  return Array.from({ length: last - first + 1 }, (_, i) => [first + i, targets(i)]);
}

function targetsFrom(text: string | undefined, first: number, last: number, main: Target | undefined, map: string) {
  const count = last - first + 1;
  if (text === undefined && main && count === 1) return () => main;
  const range = /^(?:(.*):)?(\d{1,5})(?:-(\d{1,5}))?$/s.exec(text ?? `${first}-${last}`);
  if (!range || /:\/\/|^unix:/i.test(text ?? '')) {
    if (count > 1) throw invalid(`Expected as many target ports as tailnet ports, got ${JSON.stringify(map)}.`);
    return () => parseTarget(text!);
  }
  const [, host = 'localhost', from = '', to = from] = range;
  const start = checkPort(from, map);
  if (checkPort(to, map) - start + 1 !== count) {
    throw invalid(`Expected as many target ports as tailnet ports, got ${JSON.stringify(map)}.`);
  }
  // A bare port has no scheme that says what is spoken there; what the tailnet port is known for decides.
  return (i: number) => parseTarget(`${[80, 443].includes(first + i) ? 'http' : 'tcp'}://${host}:${start + i}`);
}

function checkPort(digits: string, map: string): number {
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return port;
  throw invalid(`Expected ports from 1 to 65535, got ${JSON.stringify(map)}.`);
}

function invalid(message: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: ['--port 80:3000', '--port 5432:5432', '--port 8000-8010'],
  });
}
