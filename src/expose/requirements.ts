/** Options that do something only together with others. One that would do nothing is refused: its user counts on it. */
import { TsexposeError } from '../errors.ts';
import type { Problems } from '../problems.ts';
import type { Target } from '../proxy/target/target.ts';
import { type ExposeOptions, OPTIONS, type OptionFlag } from './options.ts';
import { type PortPlan, TLS_PORTS } from './ports.ts';

type Flagged = { [O in keyof typeof OPTIONS]: (typeof OPTIONS)[O] extends { flag: OptionFlag } ? O : never };

interface Requirement {
  of: Flagged[keyof Flagged][];
  /** What the options require, in words. */
  what: string;
  isMet: (ports: readonly PortPlan[]) => boolean;
  suggestions: (ports: readonly PortPlan[]) => string[];
}

const isHttp = ({ target }: PortPlan) => target.kind === 'http';
const isDirectory = ({ local }: Target) => local?.type === 'files';
const isTcp = ({ target }: PortPlan) => target.kind === 'tcp';
const isSecure = ({ speech }: PortPlan) => speech === 'https' || speech === 'tls';

const REQUIREMENTS: Requirement[] = [
  {
    of: ['proxyProtocol', 'tlsTerminatedTcp'],
    what: 'a tcp:// target',
    isMet: (ports) => ports.some(isTcp),
    suggestions: ([first]) => {
      const { authority = '' } = first?.target ?? {};
      return [`tsexpose tcp://${/:\d+$/.test(authority) ? authority : 'localhost:5432'}`];
    },
  },
  {
    of: [
      'hosts',
      'hostHeader',
      'idleTimeout',
      'acceptAppCaps',
      'deviceHeaders',
      'mapCap',
      'headerPreset',
      'passHeaders',
      'trace',
    ],
    what: 'an HTTP target',
    isMet: (ports) => ports.some(isHttp),
    suggestions: ([first]) => [`tsexpose http://${first?.target.authority ?? 'localhost:3000'}`],
  },
  {
    of: ['listing'],
    what: 'a directory',
    isMet: (ports) =>
      ports.some(({ target, routes = [] }) => [target, ...routes.map((r) => r.target)].some(isDirectory)),
    suggestions: () => ['tsexpose ./dist --listing'],
  },
  {
    of: ['certCache'],
    what: 'HTTPS, or --tls-terminated-tcp',
    isMet: (ports) => ports.some(isSecure),
    suggestions: () => ['--https auto', '--port 443:3000'],
  },
  {
    // Funnel carries TLS connections only, to three ports.
    of: ['funnel'],
    what: 'HTTPS or TLS on 443, 8443 or 10000, and on no other port',
    isMet: (ports) => ports.some(isSecure) && ports.filter(isSecure).every(({ port }) => TLS_PORTS.includes(port)),
    suggestions: () => [
      '--funnel --https auto',
      '--funnel --port 443:3000',
      '--funnel --tls-terminated-tcp --port 8443:5432',
    ],
  },
];

/** Checks options that require each other, or exclude each other, whatever the ports are. */
export function checkCompany(options: ExposeOptions, problems: Problems): void {
  const { stripPrefix, routes = [], funnel, funnelAuth, service } = options;
  if (stripPrefix && routes.length === 0) {
    problems.check(() => refuse('--strip-prefix requires --route.', '--route /api=3001 --strip-prefix'));
  }
  // rule: a password that would be asked of no one is refused
  if (funnelAuth !== undefined && !funnel) {
    problems.check(() =>
      refuse('--funnel-auth requires --funnel.', '--funnel --funnel-auth …', '--allow alice@example.com'),
    );
  }
  // rule: Funnel, which does not lead to a Service, is refused with one
  if (service !== undefined && funnel) {
    const message = '--funnel cannot be used with --service: Funnel leads to a node, not to a Service.';
    problems.check(() => refuse(message, `--service ${service}`, '--funnel'));
  }
}

/** Checks that each option has an effect on some port. */
export function checkEffect(options: ExposeOptions, ports: readonly PortPlan[], problems: Problems): void {
  for (const { of, what, isMet, suggestions } of REQUIREMENTS) {
    // rule: an option without an effect is refused — mutate: isMet(ports) => true
    if (isMet(ports)) continue;
    for (const option of of.filter((name) => isSet(options[name]))) {
      problems.check(() => refuse(`--${OPTIONS[option].flag} requires ${what}.`, ...suggestions(ports)));
    }
  }
  if (options.https === 'only') problems.check(() => checkHttpsOnly(ports));
  if (options.funnel && options.funnelAuth !== undefined) problems.check(() => checkPassword(ports));
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

function checkHttpsOnly(ports: readonly PortPlan[]): void {
  if (!ports.some(isHttp)) refuse('--https only requires an HTTP target.', '--https auto --tls-terminated-tcp');
  const plain = ports.find(({ speech }) => speech === 'http');
  // rule: --https only leaves no port without HTTPS — mutate: !plain => true
  if (!plain) return;
  const ways = `only ${TLS_PORTS.join(', ')} have HTTPS, and 80 redirects to 443`;
  refuse(`--https only leaves port ${plain.port} without HTTPS: ${ways}.`, '--https auto', '--port 443');
}

function checkPassword(ports: readonly PortPlan[]): void {
  const open = ports.find(({ speech }) => speech === 'tls');
  // rule: --funnel-auth leaves no port open without a password — mutate: !open => true
  if (!open) return;
  const message = `--funnel-auth cannot protect port ${open.port}: TCP has no password.`;
  refuse(message, '--funnel --funnel-auth guest:password --port 443:3000');
}

function refuse(message: string, ...suggestions: string[]): never {
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, { suggestions });
}
