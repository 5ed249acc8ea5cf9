/**
 * The errors of tsexpose: one table has their codes, descriptions and exit codes, and a test holds `docs/errors.md` to
 * it. Errors that Node.js has a code for (`EADDRINUSE`, `ECONNREFUSED`, `ABORT_ERR`) keep that code.
 */

/** Exit codes of the command line. */
export const EXIT = { done: 0, failed: 1, usage: 2, loginNeeded: 3, nameTaken: 4, interrupted: 130 } as const;

interface ErrorKind {
  /** One sentence for docs/errors.md. */
  when: string;
  /** Exit code of the command line. @default 1 */
  exit?: number;
}

export const ERRORS = {
  ERR_TSEXPOSE_USAGE: { when: 'The command line has an invalid argument or flag.', exit: EXIT.usage },
  ERR_TSEXPOSE_INVALID_TARGET: { when: 'The target is not a port, host:port or supported URL.', exit: EXIT.usage },
  ERR_TSEXPOSE_INVALID_NAME: { when: 'The name is not a valid DNS label.', exit: EXIT.usage },
  ERR_TSEXPOSE_INVALID_OPTION: { when: 'An option has an invalid type or value, or no effect.', exit: EXIT.usage },
  ERR_TSEXPOSE_INSECURE_PARSER: {
    when: 'Node.js runs with --insecure-http-parser, which would let callers smuggle requests past the proxy.',
    exit: EXIT.usage,
  },
  ERR_TSEXPOSE_ADDON_MISSING: { when: 'No native addon was found for this platform.' },
  ERR_TSEXPOSE_ADDON_LOAD: { when: 'The native addon was found but could not be loaded.' },
  ERR_TSEXPOSE_PLATFORM: { when: 'The platform is not supported (musl, Windows, or an unknown CPU).' },
  ERR_TSEXPOSE_LOGIN_NEEDED: {
    when: 'The node has to log in, and there is no terminal to show the login page.',
    exit: EXIT.loginNeeded,
  },
  ERR_TSEXPOSE_APPROVAL_NEEDED: {
    when: 'An admin has to approve the node, or approve it as a host of a Service.',
    exit: EXIT.loginNeeded,
  },
  ERR_TSEXPOSE_AUTH_KEY: { when: 'The control server rejected the auth key.', exit: EXIT.failed },
  ERR_TSEXPOSE_CONTROL: { when: 'The control server could not be reached, or rejected the node.' },
  ERR_TSEXPOSE_RATE_LIMIT: { when: 'The control server limits how many nodes may register, until later.' },
  ERR_TSEXPOSE_NAME_TAKEN: { when: 'The tailnet assigned the node another name.', exit: EXIT.nameTaken },
  ERR_TSEXPOSE_TIMEOUT: { when: 'The node did not join the tailnet in time.' },
  ERR_TSEXPOSE_STATE_DIR: { when: 'The state directory cannot be read or written.' },
  ERR_TSEXPOSE_STATE_IN_USE: { when: 'Another running process uses the state directory.' },
  ERR_TSEXPOSE_NODE_CLOSED: { when: 'The node is not up yet, or has been closed.' },
  ERR_TSEXPOSE_NOT_RUNNING: { when: 'No running tsexpose node was found.' },
  ERR_TSEXPOSE_NOT_FOUND: { when: 'No device on the tailnet has that address or name.' },
  ERR_TSEXPOSE_CERTIFICATE: { when: 'The node could not get a certificate for its name.' },
  ERR_TSEXPOSE_FUNNEL: { when: 'The tailnet does not allow Funnel for this node.' },
  ERR_TSEXPOSE_SERVICE: { when: 'The node cannot be a host of a Tailscale Service.' },
  ERR_TSEXPOSE_COMMAND: { when: 'The command after "--" exited, or listens on no port or on several.' },
  ERR_TSEXPOSE_FORK: { when: 'The pull request comes from a fork, whose code must not have your credentials.' },
  ERR_TSEXPOSE_UNREACHABLE: { when: 'A second node could not open the preview.' },
  ERR_TSEXPOSE_SANDBOX: { when: 'The sandbox did not start, or has crashed.' },
  ERR_TSEXPOSE_CHAT: { when: 'There is no chat at that address, or it rejected the caller.' },
  ERR_TSEXPOSE_INTERNAL: { when: 'A bug in tsexpose; please report it.' },
} as const satisfies Record<string, ErrorKind>;

/**
 * How a process may open more files. `ulimit -n` alone is no help: Node.js has raised the limit as far as it may go
 * without the superuser.
 */
export const MORE_FILES = [
  'sudo prlimit --pid $$ --nofile=65536',
  'docker run --ulimit nofile=65536 …',
  'LimitNOFILE=65536 in the [Service] section of a systemd unit',
];

/** The code of an error of tsexpose; `docs/errors.md` explains each. */
export type TsexposeErrorCode = keyof typeof ERRORS;

export interface TsexposeErrorOptions {
  /** Commands or steps that fix the error, the best first. */
  suggestions?: string[];
  /** The underlying error. */
  cause?: unknown;
}

/**
 * An error with a stable code, suggestions for fixing it, and a link to its explanation.
 *
 * @example
 * ```ts
 * try {
 *   await expose({ target: '3000', name: 'myapp' });
 * } catch (error) {
 *   if (error instanceof TsexposeError && error.code === 'ERR_TSEXPOSE_LOGIN_NEEDED') console.error(error.suggestions);
 * }
 * ```
 */
export class TsexposeError extends Error {
  override readonly name = 'TsexposeError';
  /** Stable code, such as `ERR_TSEXPOSE_LOGIN_NEEDED`. */
  readonly code: string;
  /** Commands or sentences that say how to fix it. */
  readonly suggestions: string[];
  /** Path of the explanation, relative to the repository. */
  readonly ref: string;
  /** Read by oclif: the exit code of the command line. */
  readonly oclif: { exit: number };

  constructor(code: TsexposeErrorCode, message: string, options: TsexposeErrorOptions = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.suggestions = options.suggestions ?? [];
    this.ref = `docs/errors.md#${code.toLowerCase()}`;
    const kind: ErrorKind = ERRORS[code];
    this.oclif = { exit: kind.exit ?? EXIT.failed };
  }
}

/** Every secret that {@link hideSecret} was told, in each way that a log spells it. */
const secrets = new Set<string>();

/** Masks a value in every later log line and error message. A value of a few characters would mask ordinary words. */
export function hideSecret(value: string): void {
  if (value.length < 6) return;
  for (const spelling of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) secrets.add(spelling);
}

/** Masks auth keys, client secrets, and passwords in URLs, so that they never reach a terminal or a log. */
export function redact(text: string): string {
  let masked = text
    .replace(/tskey-[A-Za-z0-9-]+/g, (key) => `${key.split('-').slice(0, 2).join('-')}-…`)
    .replace(/(\/\/[^\s/:@]*:)[^\s/@]+@/g, '$1…@');
  for (const secret of secrets) masked = masked.replaceAll(secret, '…');
  return masked;
}

/** Returns the `AbortError` that Node's own functions reject with when their signal fires. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/**
 * Throws the error of a listener or callback as an uncaught exception, as Node does, where it would otherwise end up in
 * an unhandled promise.
 */
export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** Returns the error of a call to a node that is closed or closing. */
export function nodeClosedError(): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_NODE_CLOSED', 'The tailnet node is closed.');
}
