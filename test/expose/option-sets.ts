/** Sets of options for property tests: valid ones, ways to spoil them, and any mixture at all. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type ExposeOptions, OPTIONS } from '../../src/expose/options.ts';

export type OptionSet = Omit<ExposeOptions, 'name'> & { name: string };

/** Ports of apps that run. */
export interface Apps {
  http: number;
  tcp: number;
}

/** Where certificates are kept. */
export const CACHE = join(tmpdir(), `tsexpose-plan-${process.pid}`);

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const yes = perhaps(fc.constant(true));

const RULES = [
  '*@example.com',
  'bob@example.com',
  'tag:ci',
  'node:bob-laptop',
  '100.64.0.0/10',
  'cap:example.com/cap/x',
];

const forAll = {
  name: some('app', 'App', 'my-app'),
  requireName: yes,
  timeout: perhaps(some(20_000, 30_000)),
  allow: perhaps(fc.subarray(RULES)),
  deny: perhaps(some(['eve@example.com'], ['tag:other', 'node:eve'])),
  requireIdentity: yes,
};

const headers = {
  passHeaders: perhaps(some(['X-Client-IP'], ['X-Real-IP', 'X-Forwarded-Port'])),
  hosts: perhaps(some(['app.example.com'], ['*'], ['192.0.2.1', 'App.Example.com.'])),
  acceptAppCaps: perhaps(some(['example.com/cap/x'])),
  deviceHeaders: yes,
  mapCap: perhaps(some(['example.com/cap/x:role=X-Role'], ['example.com/cap/x=X-All', 'example.com/cap/y=X-Team'])),
  headerPreset: perhaps(some('remote-user', 'oauth2-proxy', 'grafana')),
  idleTimeout: perhaps(some(60_000, 300_000)),
  hostHeader: perhaps(some('auto', 'preserve', 'rewrite', 'app.example.com', '[::1]:3000', 'localhost:99999')),
};

/** Sets with an HTTP target; every one of them is valid. */
function httpSets({ http, tcp }: Apps): fc.Arbitrary<OptionSet> {
  const port = String(http);
  return fc
    .record({
      ...forAll,
      ...headers,
      target: some(port, `http://127.0.0.1:${port}/base`, 'text:hello', 'redirect:https://example.com/', './docs'),
      https: perhaps(some('auto' as const, 'off' as const, 'off' as const)),
      routes: perhaps(some([`/api=${port}`], ['/text=text:x', `/api/deep=localhost:${port}`])),
      ports: perhaps(
        some(['80'], ['80', '8080'], ['8080'], ['80', `7:${tcp}`], ['8080', `90:http://localhost:${port}`]),
      ),
      stripPrefix: fc.boolean(),
      listing: fc.boolean(),
    })
    .map((set) => ({
      ...set,
      stripPrefix: set.stripPrefix && set.routes !== undefined,
      // A port of its own for another target leaves the directory out.
      listing: set.listing && set.target === './docs' && set.ports === undefined,
    }));
}

/** Sets with a TCP target; every one of them is valid. */
function tcpSets({ tcp }: Apps): fc.Arbitrary<OptionSet> {
  return fc.record({
    ...forAll,
    target: some(`tcp://localhost:${tcp}`),
    ports: perhaps(some(['7'], ['7', '8'], [`7-8:${tcp}-${tcp + 1}`])),
    proxyProtocol: perhaps(some(1 as const, 2 as const)),
    https: perhaps(some('auto' as const, 'off' as const)),
  });
}

/** Sets with HTTPS and all that goes with it; every one of them is valid. */
function secureSets({ http, tcp }: Apps): fc.Arbitrary<OptionSet> {
  const web = { target: String(http), https: 'only' as const };
  const tls = { target: `tcp://localhost:${tcp}`, tlsTerminatedTcp: true };
  return fc
    .record({ name: forAll.name, allow: forAll.allow })
    .chain((common) =>
      some<OptionSet>(
        { ...common, ...web },
        { ...common, ...web, routes: [`/api=${http}`], ports: ['443'] },
        { ...common, ...web, funnel: true, funnelAuth: 'guest:secret', ports: ['443', '8443'] },
        { ...common, ...web, certCache: CACHE },
        { ...common, ...tls, ports: ['443'], proxyProtocol: 2 },
        { ...common, ...tls, ports: ['8443'], funnel: true },
        { ...common, target: '', ports: [`443:${http}`], https: 'auto' },
      ),
    );
}

/** Valid sets. */
export function validSets(apps: Apps): fc.Arbitrary<OptionSet> {
  return fc.oneof({ weight: 4, arbitrary: httpSets(apps) }, tcpSets(apps), secureSets(apps));
}

/** What spoils a set, and what has to be said about it. */
export interface Fault {
  patch: Partial<Record<keyof ExposeOptions, unknown>>;
  code: string;
  message: string | RegExp;
  /** Whether it shows only where targets and ports can be read. */
  late?: boolean;
  /** Whether targets or ports cannot be read. */
  hides?: boolean;
}

const OPTION = 'ERR_TSEXPOSE_INVALID_OPTION';
const TARGET = 'ERR_TSEXPOSE_INVALID_TARGET';
const invalid = (patch: Fault['patch'], message: string | RegExp): Fault => ({ patch, code: OPTION, message });
const hiding = (patch: Fault['patch'], message: string | RegExp, code = OPTION): Fault => ({
  ...{ patch, message, code },
  hides: true,
});
const http = { target: '3000', ports: undefined, routes: undefined, stripPrefix: undefined, listing: undefined };
const tcp = {
  ...{ target: 'tcp://localhost:5432', ports: undefined, routes: undefined, stripPrefix: undefined },
  ...{ hosts: undefined, hostHeader: undefined, acceptAppCaps: undefined, deviceHeaders: undefined, mapCap: undefined },
  headerPreset: undefined,
  passHeaders: undefined,
  idleTimeout: undefined,
  listing: undefined,
};
const late = (patch: Fault['patch'], message: string | RegExp): Fault => ({ patch, code: OPTION, message, late: true });

/** Every check of the plan has its fault here. */
export const FAULTS: Fault[] = [
  hiding({ target: '0' }, 'Expected a port from 1 to 65535, got "0".', TARGET),
  hiding({ target: 'ftp://x:1' }, /^Expected http, .* got "ftp"\.$/, TARGET),
  hiding({ target: 'docs' }, /\.\/docs/, TARGET),
  hiding({ target: '', ports: [], routes: [] }, /^No target/, 'ERR_TSEXPOSE_USAGE'),
  hiding({ target: '', ports: ['80'], routes: [] }, /^No target/, 'ERR_TSEXPOSE_USAGE'),
  { patch: { name: 'My_App' }, code: 'ERR_TSEXPOSE_INVALID_NAME', message: /^Expected a name .* got "My_App"\.$/ },
  { patch: { name: '' }, code: 'ERR_TSEXPOSE_INVALID_NAME', message: /^Expected a name .* got an empty one\.$/ },
  invalid({ controlUrl: 'headscale:8080' }, /^Expected the URL of a control server/),
  invalid({ controlUrl: 'https://x/%zz' }, /^Expected the URL of a control server/),
  invalid({ tags: ['web'] }, 'Expected a tag such as tag:web, got "web".'),
  invalid({ stateDir: '' }, '--state-dir must be a path, got "".'),
  invalid({ certCache: '' }, '--cert-cache must be a path, got "".'),
  invalid({ targetCa: '' }, '--target-ca must be a path, got "".'),
  invalid({ targetCa: '/nowhere/ca.pem' }, /--target-ca.*ENOENT/),
  invalid({ targetServername: 'a b' }, /--target-servername.* got "a b"/),
  invalid({ https: 'maybe' }, '--https must be "auto", "only" or "off", got "maybe".'),
  invalid({ proxyProtocol: 3 }, '--proxy-protocol must be 1 or 2, got 3.'),
  invalid({ allow: ['alcie'] }, /^--allow: "alcie" is not a rule\./),
  invalid({ deny: ['cap:x'] }, /^--deny: "cap:x" is not a rule\./),
  invalid({ acceptAppCaps: ['nope'] }, /^Expected the name of an application capability/),
  invalid({ mapCap: ['example.com/cap/x'] }, /^Expected a capability and a header/),
  invalid({ mapCap: ['example.com/cap/x=Host'] }, /^Expected a header name that has no meaning/),
  invalid({ mapCap: ['example.com/cap/x=X-A', 'example.com/cap/y=x_a'] }, /^--map-cap: .* is set twice\.$/),
  invalid({ headerPreset: 'authelia' }, /^Expected a header preset/),
  invalid(
    { hosts: ['app.example.com', 'http://x.example:80'] },
    /^Expected a host name .* got "http:\/\/x\.example:80"\.$/,
  ),
  invalid({ passHeaders: ['Tailscale-User-Login'] }, /^--pass-header: Tailscale-User-Login is set by tsexpose/),
  invalid({ hostHeader: 'not a host' }, /^Expected auto, preserve, rewrite or a host/),
  invalid({ funnelAuth: 'nopassword', funnel: true, service: undefined }, /^Expected user:password/),
  invalid({ funnelAuth: 'guest:secret', funnel: undefined }, '--funnel-auth requires --funnel.'),
  invalid({ service: 'web', funnel: undefined, funnelAuth: undefined }, /^Expected a Service name/),
  invalid({ service: 'svc:web', funnel: true, funnelAuth: undefined }, /^--funnel cannot be used with --service/),
  invalid({ stripPrefix: true, routes: [] }, '--strip-prefix requires --route.'),
  hiding({ ports: ['x'] }, /^Expected a port map/),
  hiding({ ports: ['0'] }, /^Expected ports from 1 to 65535/),
  hiding({ ports: ['9-8'] }, /^Expected a range in ascending order/),
  hiding({ ports: ['1-1001'] }, /^Expected at most 1000 ports/),
  hiding({ ports: ['90-91:5000-5002'] }, /^Expected as many target ports/),
  hiding({ ports: ['80:1', '80:2'] }, '--port: tailnet port 80 is mapped twice.'),
  hiding({ ports: ['90:ftp://x'] }, /^Expected http, .* got "ftp"\.$/, TARGET),
  hiding({ target: '3000', ports: undefined, routes: ['api=1'] }, /^Expected \/path=target/),
  hiding({ target: '3000', ports: undefined, routes: ['/a=1', '/a/=2'] }, /^--route: \/a has two targets/),
  hiding({ target: 'text:x', ports: undefined, routes: ['/a=1', '/=text:BB'] }, /^--route: \/ has two targets/),
  hiding({ target: '3000', ports: undefined, routes: ['/a=tcp://x:1'] }, /^--route requires HTTP targets: \/a /),
  hiding({ target: 'tcp://x:1', ports: undefined, routes: ['/a=1'] }, /^--route requires HTTP targets: \/ /),
  hiding({ target: '3000', ports: ['90:4000'], routes: ['/a=1'] }, /^--route has no effect/),
  late({ ...http, proxyProtocol: 1, tlsTerminatedTcp: undefined }, '--proxy-protocol requires a tcp:// target.'),
  late({ ...http, tlsTerminatedTcp: true, proxyProtocol: undefined }, '--tls-terminated-tcp requires a tcp:// target.'),
  late({ ...tcp, hosts: ['*'] }, '--host requires an HTTP target.'),
  late({ ...tcp, hostHeader: 'rewrite' }, '--host-header requires an HTTP target.'),
  late({ ...tcp, idleTimeout: 1000 }, '--idle-timeout requires an HTTP target.'),
  late({ ...http, listing: true }, /^--listing requires /),
  late({ ...tcp, deviceHeaders: true }, '--device-headers requires an HTTP target.'),
  late({ ...tcp, headerPreset: 'grafana' }, '--header-preset requires an HTTP target.'),
  late({ ...tcp, passHeaders: ['X-Client-IP'] }, '--pass-header requires an HTTP target.'),
  late({ ...tcp, acceptAppCaps: ['example.com/cap/x'] }, '--accept-app-caps requires an HTTP target.'),
  late({ ...tcp, mapCap: ['example.com/cap/x=X-A'] }, '--map-cap requires an HTTP target.'),
  late({ ...tcp, https: 'only' }, '--https only requires an HTTP target.'),
  late({ ...http, ports: ['80', '8080'], https: 'only' }, /^--https only leaves port 8080 without HTTPS/),
  late({ ...http, https: 'off', certCache: '/tmp/x' }, /^--cert-cache requires HTTPS/),
  late({ ...http, https: 'off', funnel: true, service: undefined }, /^--funnel requires HTTPS or TLS/),
  late(
    { ...tcp, ports: ['443'], tlsTerminatedTcp: true, funnel: true, funnelAuth: 'a:b', service: undefined },
    /^--funnel-auth cannot protect port 443/,
  ),
  late({ ...http, targetServername: 'x.example.com', targetCa: undefined }, /^Expected an https:\/\/ target/),
];

/** Any mixture of values, most of which are not valid together. */
export function anySets({ http, tcp }: Apps): fc.Arbitrary<OptionSet> {
  const list = (...values: string[]) => seldom(fc.subarray(values, { minLength: 1, maxLength: 2 }));
  const port = String(http);
  return fc.record({
    target: some(
      '',
      port,
      port,
      `tcp://localhost:${tcp}`,
      'text:x',
      'x',
      '99999',
      `https://localhost:${port}`,
      './docs',
    ),
    name: fc.oneof(some('app', 'App', '-x', ''), fc.string({ maxLength: 5 }).filter(isWord)),
    https: seldom(some('auto', 'only', 'off', 'x') as fc.Arbitrary<'off'>),
    certCache: seldom(some(CACHE, '')),
    ports: list('80', '443', '8080', `7:${tcp}`, '8000-8002', 'x', '8443:text:x', '80-81:1'),
    routes: list(`/=${port}`, '/a=text:AA', '/b=tcp://localhost:1', 'x', `/c=${port}`),
    stripPrefix: seldom(fc.constant(true)),
    targetCa: seldom(some('/nowhere', './package.json')),
    targetServername: seldom(some('x.example.com', '1.2.3.4')),
    proxyProtocol: seldom(some(1, 2, 0) as fc.Arbitrary<1>),
    tlsTerminatedTcp: seldom(fc.constant(true)),
    service: seldom(some('svc:web', 'web', 'svc:Web')),
    funnel: seldom(fc.constant(true)),
    funnelAuth: seldom(some('a:b', 'ab', '')),
    allow: list('bob@example.com', 'tag:ci', 'x', '100.64.0.0/33', ''),
    deny: list('eve@example.com', 'group:x'),
    requireIdentity: seldom(fc.constant(true)),
    acceptAppCaps: list('example.com/cap/x', 'x'),
    deviceHeaders: seldom(fc.constant(true)),
    mapCap: list('example.com/cap/x=X-A', 'example.com/cap/x=HTTP2-Settings', 'x', 'example.com/cap/x=X-Webauth-User'),
    headerPreset: seldom(some('grafana', '')),
    passHeaders: list('X-Client-IP', 'Remote-User', 'Host', 'x y'),
    idleTimeout: seldom(some(0, 1, 60_000)),
    listing: seldom(fc.constant(true)),
    hosts: list('app.example.com', '*', 'a b', ''),
    hostHeader: seldom(some('rewrite', '', 'a b', 'x.example.com')),
    tags: list('tag:web', 'web', 'tag:'),
    controlUrl: seldom(some('http://127.0.0.1:1', 'x', '')),
    stateDir: seldom(some('state', '')),
    timeout: seldom(some(0, 1, 1500, 90_000)),
  });
}

/** A comma separates values on the command line, and a short flag there is never a value. */
function isWord(text: string): boolean {
  return !/[,\0]|^-[a-z]$/i.test(text);
}

/** The command line that says the same as a set of options. */
export function commandLine(options: OptionSet): string[] {
  const flags = Object.entries(OPTIONS).flatMap(([name, row]) => {
    const value = options[name as keyof OptionSet];
    if (!('flag' in row) || value === undefined || value === false) return [];
    if (value === true) return [`--${row.flag}`];
    if (row.kind === 'time') return [`--${row.flag}=${value}ms`];
    return [value].flat().map((text) => `--${row.flag}=${text}`);
  });
  return [...flags, ...(options.target === '' ? [] : [options.target])];
}
