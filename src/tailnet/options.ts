import { TsexposeError } from '../errors.ts';
import { isLabel, MAX_LABEL } from './label.ts';
import { checkKinds, type OptionKind } from './option-kind.ts';

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
  /** Directory for the node's keys, which make it the same node at the next start. @default they stay in memory */
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

const NODE_KINDS: Record<keyof TailnetOptions, OptionKind> = {
  hostname: 'string',
  authKey: 'string',
  clientSecret: 'string',
  controlUrl: 'url',
  stateDir: 'string',
  ephemeral: 'boolean',
  tags: 'tags',
  supportLogs: 'boolean',
  log: 'function',
};

const UP_KINDS: Record<keyof UpOptions, OptionKind> = { signal: 'signal', timeout: 'time', login: ['wait', 'fail'] };

/**
 * Checks what a node is made with.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_NAME`, or `ERR_TSEXPOSE_INVALID_OPTION` with everything that is wrong
 */
export function checkOptions(options: TailnetOptions): void {
  checkKinds(options, NODE_KINDS, ['hostname']);
  if (isLabel(options.hostname)) return;
  const got = JSON.stringify(options.hostname);
  const message = `Expected a hostname of 1 to ${MAX_LABEL} letters, digits and dashes, got ${got}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_NAME', message);
}

/**
 * Checks how `up` shall wait.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkUpOptions(options: UpOptions): void {
  checkKinds(options, UP_KINDS);
}
