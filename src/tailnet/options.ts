import { TsexposeError } from '../errors.ts';
import { isLabel, MAX_LABEL } from './label.ts';
import { checkKinds, type OptionKind } from './option-kind.ts';

/** How a node joins its tailnet. */
export interface TailnetOptions {
  /** The name to ask for: a DNS label such as `myapp`. */
  hostname: string;
  /** Auth key or OAuth client secret. Used only when the node is not logged in. @default the `TS_AUTHKEY` variable */
  authKey?: string;
  /** OAuth client secret to create an auth key with; requires `tags`. @default the `TS_CLIENT_SECRET` variable */
  clientSecret?: string;
  /** URL of the control server, such as Headscale or a sandbox. @default Tailscale's */
  controlUrl?: string;
  /** Directory for the node's keys, so that it is the same node after a restart. @default keys are kept in memory */
  stateDir?: string;
  /** Whether to start as a new node: moves the state in `stateDir` aside, into files next to it. @default false */
  resetState?: boolean;
  /** Whether the node is removed from the tailnet as soon as it leaves. @default false */
  ephemeral?: boolean;
  /** Tags to ask for, such as `tag:web`. @default [] */
  tags?: string[];
  /** Whether to upload the node's log to Tailscale's support. @default false */
  supportLogs?: boolean;
  /** Receives the node's log, line by line. @default none */
  log?: (line: string) => void;
}

/** How long `Tailnet.up` waits, and whether it waits for a login. */
export interface UpOptions {
  /** Ends the wait early, with an `AbortError`. */
  signal?: AbortSignal;
  /** Timeout in milliseconds; 0 for none. @default 60_000 */
  timeout?: number;
  /**
   * What to do when the node needs a login: `wait` emits `'login'` and waits, `fail` rejects with
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
  resetState: 'boolean',
  ephemeral: 'boolean',
  tags: 'tags',
  supportLogs: 'boolean',
  log: 'function',
};

const UP_KINDS: Record<keyof UpOptions, OptionKind> = { signal: 'signal', timeout: 'time', login: ['wait', 'fail'] };

/**
 * Checks the options of a node.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_NAME`, or `ERR_TSEXPOSE_INVALID_OPTION` that lists every problem
 */
export function checkOptions(options: TailnetOptions): void {
  checkKinds(options, NODE_KINDS, ['hostname']);
  if (isLabel(options.hostname)) return;
  const got = JSON.stringify(options.hostname);
  const message = `Expected a hostname of 1 to ${MAX_LABEL} letters, digits and dashes, got ${got}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_NAME', message);
}

/**
 * Checks the options of `up`.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION`
 */
export function checkUpOptions(options: UpOptions): void {
  checkKinds(options, UP_KINDS);
}
