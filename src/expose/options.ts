/** The options of `expose` and of the command line: what each may be, and the flag that sets it. */
import { closest, distance } from 'fastest-levenshtein';
import type { GateOptions } from '../access/gate.ts';
import { TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import type { Problems } from '../problems.ts';
import { kindFault, type OptionKind } from '../tailnet/option-kind.ts';
import type { UpOptions } from '../tailnet/options.ts';

/** How a node joins the tailnet. */
export interface JoinOptions extends UpOptions {
  /** The name on the tailnet, a DNS label. */
  name: string;
  /** Whether to fail with `ERR_TSEXPOSE_NAME_TAKEN` if the tailnet assigns another name. @default false */
  requireName?: boolean;
  /** Whether another name is fine and needs no warning. @default false, true for the host of a Service */
  anyName?: boolean;
  /** Auth key or OAuth client secret. @default the `TS_AUTHKEY` variable */
  authKey?: string;
  /** Control server. @default Tailscale's */
  controlUrl?: string;
  /** Directory for the node's keys. @default one for this name and control server in the user's state directory */
  stateDir?: string;
  /** Whether to start as a new node and keep a copy of the old state. @default false */
  resetState?: boolean;
  /** Whether the control server forgets the node as soon as it leaves. Its keys are then not saved. @default false */
  ephemeral?: boolean;
  /** Tags to request. @default [] */
  tags?: string[];
  /** Whether the node's log is uploaded to Tailscale for their support. @default false */
  supportLogs?: boolean;
  /** Receives everything that happens, from the first state to the end. */
  onEvent?: (event: ExposeEvent) => void;
  /** Receives the node's own log, line by line. */
  log?: (line: string) => void;
}

/** What to expose, and how. */
export interface ExposeOptions extends JoinOptions, GateOptions {
  /** The local app: `3000`, `host:port`, `http(s)://…`, `unix:/path`, `tcp://…`. Empty if `ports` or `routes` name every target. */
  target: string;
  /** How callers use HTTPS: `auto` (443, with 80 beside it), `only` (80 redirects to 443) or `off`. @default 'auto' */
  https?: 'auto' | 'only' | 'off';
  /** Directory that keeps the certificate of a node without state. @default none */
  certCache?: string;
  /** Tailscale Service to host, such as `svc:web`: callers use its name. @default none */
  service?: string;
  /** Tailnet ports, such as `5432`, `80:3000` or `8000-8010`. @default 80 and 443, or the port of a `tcp:` target */
  ports?: string[];
  /** Targets by path, such as `/api=3001`. The target, if there is one, gets all other paths. @default none */
  routes?: string[];
  /** Whether the prefix of a route is removed before its target gets the request. @default false */
  stripPrefix?: boolean;
  /** Version of the PROXY protocol header that tells a TCP target who is calling. @default none */
  proxyProtocol?: 1 | 2;
  /** Other host names that requests may be for, such as `app.example.com`; `*` for all. @default the names and addresses of the node */
  hosts?: string[];
  /** Whether to open the app to the public internet too, through Tailscale Funnel. @default false */
  funnel?: boolean;
  /** `user:password` that callers from the internet must give. @default they need none */
  funnelAuth?: string;
  /** Whether to terminate the TLS of TCP ports, so that the target gets the bytes inside. @default false */
  tlsTerminatedTcp?: boolean;
  /** PEM file (or the PEM itself) with the authorities to trust for `https://` targets. @default those that Node.js trusts */
  targetCa?: string;
  /** Name to expect in the certificate of an `https://` target. @default the host of the target */
  targetServername?: string;
  /** Whether directories without an index page show the names of their files. @default false */
  listing?: boolean;
  /** How long a request or a WebSocket may be silent, in milliseconds; 0 for no limit. @default 0 */
  idleTimeout?: number;
  /** Whether a request without a trace context (`traceparent`) gets a new one. A caller's is passed on in any case. @default false */
  trace?: boolean;
  /** Whether `request` events have the time, an ID, Host, User-Agent and more: see `RequestEvent`. @default false */
  requestDetails?: boolean;
  /** The Host header that the target gets: `preserve` (the caller's), `rewrite` (the target's own), `auto` (its own for development servers) or a value. @default 'auto' */
  hostHeader?: string;
}

interface OptionRow {
  kind: OptionKind;
  /** Absent if only the library has it. */
  flag?: string;
  required?: true;
}

/** Every option. The command line's flags and the checks of types follow from this table. */
export const OPTIONS = {
  target: { kind: 'string', required: true },
  name: { kind: 'string', flag: 'name', required: true },
  requireName: { kind: 'boolean', flag: 'require-name' },
  anyName: { kind: 'boolean' },
  authKey: { kind: 'string', flag: 'auth-key' },
  controlUrl: { kind: 'string', flag: 'control-url' },
  stateDir: { kind: 'path', flag: 'state-dir' },
  resetState: { kind: 'boolean', flag: 'reset-state' },
  ephemeral: { kind: 'boolean', flag: 'ephemeral' },
  tags: { kind: 'strings', flag: 'tag' },
  supportLogs: { kind: 'boolean', flag: 'support-logs' },
  timeout: { kind: 'time', flag: 'timeout' },
  login: { kind: ['wait', 'fail'] },
  signal: { kind: 'signal' },
  onEvent: { kind: 'function' },
  log: { kind: 'function' },
  https: { kind: ['auto', 'only', 'off'], flag: 'https' },
  certCache: { kind: 'path', flag: 'cert-cache' },
  ports: { kind: 'strings', flag: 'port' },
  routes: { kind: 'strings', flag: 'route' },
  stripPrefix: { kind: 'boolean', flag: 'strip-prefix' },
  targetCa: { kind: 'path', flag: 'target-ca' },
  targetServername: { kind: 'string', flag: 'target-servername' },
  listing: { kind: 'boolean', flag: 'listing' },
  idleTimeout: { kind: 'time', flag: 'idle-timeout' },
  proxyProtocol: { kind: [1, 2], flag: 'proxy-protocol' },
  tlsTerminatedTcp: { kind: 'boolean', flag: 'tls-terminated-tcp' },
  service: { kind: 'string', flag: 'service' },
  allow: { kind: 'strings', flag: 'allow' },
  deny: { kind: 'strings', flag: 'deny' },
  requireIdentity: { kind: 'boolean', flag: 'require-identity' },
  hosts: { kind: 'strings', flag: 'host' },
  funnel: { kind: 'boolean', flag: 'funnel' },
  funnelAuth: { kind: 'string', flag: 'funnel-auth' },
  acceptAppCaps: { kind: 'strings', flag: 'accept-app-caps' },
  deviceHeaders: { kind: 'boolean', flag: 'device-headers' },
  mapCap: { kind: 'strings', flag: 'map-cap' },
  headerPreset: { kind: 'string', flag: 'header-preset' },
  passHeaders: { kind: 'strings', flag: 'pass-header' },
  hostHeader: { kind: 'string', flag: 'host-header' },
  trace: { kind: 'boolean', flag: 'trace' },
  requestDetails: { kind: 'boolean' },
} as const satisfies Record<keyof ExposeOptions, OptionRow>;

/** A flag that sets an option. */
export type OptionFlag = Extract<(typeof OPTIONS)[keyof typeof OPTIONS], { flag: string }>['flag'];

/** Checks the types of options, which may come from JavaScript, and returns those that are of use. */
export function checkTypes(options: ExposeOptions, problems: Problems): ExposeOptions {
  const given: Record<string, unknown> = typeof options === 'object' ? { ...options } : {};
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(OPTIONS, name) && value !== undefined) problems.check(() => unknownOption(name));
  }
  for (const [name, row] of Object.entries<OptionRow>(OPTIONS)) {
    const value = given[name];
    const fault = kindFault(value, row.kind, row.required);
    if (fault) problems.check(() => wrongType(name, row, fault));
    else checked[name] = value;
  }
  return checked as unknown as ExposeOptions;
}

function unknownOption(name: string): never {
  const near = closest(name, Object.keys(OPTIONS));
  const hint = distance(name, near) <= Math.max(1, name.length / 3) ? ` Did you mean ${near}?` : '';
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `Unknown option: ${name}.${hint}`);
}

function wrongType(name: string, { kind, flag }: OptionRow, fault: string): never {
  // The command line cannot get the other types wrong.
  const label = flag !== undefined && (kind === 'path' || typeof kind !== 'string') ? `--${flag}` : name;
  const suggestions = flag !== undefined && Array.isArray(kind) ? kind.map((value) => `--${flag} ${value}`) : [];
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `${label} ${fault}.`, { suggestions });
}
