/**
 * Every error that tsexpose raises itself: its code, what it suggests and its exit code stand in one table, and
 * `docs/errors.md` is held to that table by a test. Where Node has a code of its own (`EADDRINUSE`,
 * `ECONNREFUSED`, `ABORT_ERR`), that code is used instead.
 */

/** Exit codes of the command line. */
export const EXIT = { done: 0, failed: 1, usage: 2, loginNeeded: 3, nameTaken: 4, interrupted: 130 } as const;

interface ErrorKind {
  /** One sentence for docs/errors.md: when this error is raised. */
  when: string;
  /** Exit code of the command line. @default 1 */
  exit?: number;
}

export const ERRORS = {
  ERR_TSEXPOSE_USAGE: { when: 'An argument or flag is not what the command expects.', exit: EXIT.usage },
  ERR_TSEXPOSE_INVALID_TARGET: { when: 'The target is no port, host:port or supported URL.', exit: EXIT.usage },
  ERR_TSEXPOSE_INVALID_NAME: { when: 'The name is no DNS label.', exit: EXIT.usage },
  ERR_TSEXPOSE_INVALID_OPTION: { when: 'An option of the library has the wrong type or value.', exit: EXIT.usage },
  ERR_TSEXPOSE_INSECURE_PARSER: {
    when: 'Node.js runs with --insecure-http-parser, under which requests can be smuggled past the proxy.',
    exit: EXIT.usage,
  },
  ERR_TSEXPOSE_ADDON_MISSING: { when: 'No native addon was found for this platform.' },
  ERR_TSEXPOSE_ADDON_LOAD: { when: 'The native addon was found but could not be loaded.' },
  ERR_TSEXPOSE_PLATFORM: { when: 'The platform is not supported (musl, Windows, or an unknown processor).' },
  ERR_TSEXPOSE_LOGIN_NEEDED: {
    when: 'The node has to log in, and nobody is there to open the login page.',
    exit: EXIT.loginNeeded,
  },
  ERR_TSEXPOSE_APPROVAL_NEEDED: {
    when: 'The node is logged in and waits for an admin to approve it, or to approve it as a host of a Service.',
    exit: EXIT.loginNeeded,
  },
  ERR_TSEXPOSE_AUTH_KEY: { when: 'The control server did not accept the auth key.', exit: EXIT.failed },
  ERR_TSEXPOSE_CONTROL: { when: 'The control server could not be reached, or refused the node.' },
  ERR_TSEXPOSE_NAME_TAKEN: { when: 'The tailnet gave the node another name.', exit: EXIT.nameTaken },
  ERR_TSEXPOSE_TIMEOUT: { when: 'The node did not come up in time.' },
  ERR_TSEXPOSE_STATE_DIR: { when: 'The state directory cannot be read or written.' },
  ERR_TSEXPOSE_STATE_IN_USE: { when: 'Another live process uses the state directory.' },
  ERR_TSEXPOSE_NODE_CLOSED: { when: 'A call reached a node that is not up yet, or is closed or closing.' },
  ERR_TSEXPOSE_NOT_RUNNING: { when: 'No running tsexpose node was found to ask.' },
  ERR_TSEXPOSE_NOT_FOUND: { when: 'No device of the tailnet has that address or name.' },
  ERR_TSEXPOSE_CERTIFICATE: { when: 'The node could not get a certificate for its name.' },
  ERR_TSEXPOSE_FUNNEL: { when: 'The tailnet does not let this node be public through Funnel.' },
  ERR_TSEXPOSE_SERVICE: { when: 'The node cannot be a host of a Tailscale Service.' },
  ERR_TSEXPOSE_COMMAND: { when: 'The service that the command started ended, or listens on no port, or on several.' },
  ERR_TSEXPOSE_SANDBOX: { when: 'The sandbox tailnet did not start, or died.' },
  ERR_TSEXPOSE_CHAT: { when: 'There is no chat at that address, or it turns the caller away.' },
  ERR_TSEXPOSE_INTERNAL: { when: 'A defect in tsexpose itself; please report it.' },
} as const satisfies Record<string, ErrorKind>;

/** The code of an error that tsexpose raises itself; `docs/errors.md` explains each. */
export type TsexposeErrorCode = keyof typeof ERRORS;

export interface TsexposeErrorOptions {
  /** Commands or steps that cure the error, the best first. */
  suggestions?: string[];
  /** The error underneath. */
  cause?: unknown;
}

/**
 * An error with a stable code, the steps that cure it and a link that explains it. oclif prints all of them.
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
  /** What happened, such as `ERR_TSEXPOSE_LOGIN_NEEDED`. */
  readonly code: string;
  /** What cures it, in sentences or commands. */
  readonly suggestions: string[];
  /** Where the error is explained, relative to the project's documentation. */
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

/** Replaces auth keys and client secrets in a text; keys never reach a terminal or a log. */
export function redact(text: string): string {
  return text.replace(/tskey-[A-Za-z0-9-]+/g, (key) => `${key.split('-').slice(0, 2).join('-')}-…`);
}

/** The `AbortError` that Node's own functions reject with when their signal fires. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/**
 * Throws what a listener or a callback has thrown as an uncaught exception, as Node does, where it would otherwise reject
 * a promise that nobody holds.
 */
export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** The error of a call to a node that is closed or closing. */
export function nodeClosedError(): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_NODE_CLOSED', 'The tailnet node is closed.');
}
