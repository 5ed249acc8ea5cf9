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
