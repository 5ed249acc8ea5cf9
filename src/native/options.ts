import { TsexposeError } from '../errors.ts';

/** How a node joins its tailnet. */
export interface TailnetOptions {
  /** The name asked for: a DNS label such as `myapp`. */
  hostname: string;
  /** Auth key or OAuth client secret. Used only while the node is not logged in. @default the `TS_AUTHKEY` variable */
  authKey?: string;
  /** OAuth client secret that makes an auth key; needs `tags`. */
  clientSecret?: string;
  /** Control server, such as a Headscale server or a sandbox. @default Tailscale's */
  controlUrl?: string;
  /** Directory for the node's keys, which make it the same node at the next start. @default a temporary one */
  stateDir?: string;
  /** Whether the control server forgets the node as soon as it leaves. @default false */
  ephemeral?: boolean;
  /** Tags to ask for, such as `tag:web`. @default [] */
  tags?: string[];
  /** Whether the node's log is uploaded to Tailscale for their support. @default false */
  supportLogs?: boolean;
  /** Receives the node's own log, line by line. @default none */
  log?: (line: string) => void;
}

/** How long `Tailnet.up` waits, and for whom. */
export interface UpOptions {
  /** Ends the wait early; the promise rejects with an `AbortError`. */
  signal?: AbortSignal;
  /** Limit in milliseconds; 0 for none. @default 60_000 */
  timeout?: number;
  /**
   * What to do when somebody has to log in: `wait` emits `'login'` and waits, `fail` rejects with
   * `ERR_TSEXPOSE_LOGIN_NEEDED`. @default 'wait'
   */
  login?: 'wait' | 'fail';
}

const KINDS: Record<keyof TailnetOptions, 'string' | 'boolean' | 'strings' | 'function'> = {
  hostname: 'string',
  authKey: 'string',
  clientSecret: 'string',
  controlUrl: 'string',
  stateDir: 'string',
  ephemeral: 'boolean',
  tags: 'strings',
  supportLogs: 'boolean',
  log: 'function',
};

/**
 * Checks options that may come from JavaScript, where no compiler did.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_NAME`, or `ERR_TSEXPOSE_INVALID_OPTION` with everything that is wrong
 */
export function checkOptions(options: TailnetOptions): void {
  const problems = Object.entries(KINDS).flatMap(([name, kind]) => {
    const value = options?.[name as keyof TailnetOptions] as unknown;
    if (value === undefined ? name !== 'hostname' : isKind(value, kind)) return [];
    return `${name} has to be ${kind === 'strings' ? 'a list of strings' : `a ${kind}`}, got ${JSON.stringify(value)}`;
  });
  if (problems.length > 0) throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `${problems.join('; ')}.`);
  // A DNS label, RFC 1035 §2.3.1 as relaxed by RFC 1123 §2.1.
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(options.hostname)) return;
  const got = JSON.stringify(options.hostname);
  const message = `Expected a hostname of 1 to 63 letters, digits and dashes, got ${got}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_NAME', message);
}

function isKind(value: unknown, kind: string): boolean {
  if (kind === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return typeof value === kind;
}
