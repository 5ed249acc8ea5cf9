import { closeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
  abortError,
  ERRORS,
  nodeClosedError,
  redact,
  TsexposeError,
  type TsexposeErrorCode,
  throwUncaught,
} from '../errors.ts';
import { type Binding, EVENT } from './binding.ts';
import { CREDENTIAL_VARIABLES, isCredential } from './credentials.ts';
import { loadBinding } from './loader.ts';
import { keepSignalHandlersSafe } from './signals.ts';

/** A connection from Go: its descriptor, its addresses and the identity of its peer. */
export interface NativeConnection {
  fd: number;
  connection: number;
  remote: Endpoint;
  local: Endpoint;
  identity: unknown;
  /** What TLS has found out, if it has ended already; `plain` if the caller of a port with TLS speaks none. */
  secure?: { alpn?: string; servername?: string; plain?: boolean };
}

export interface Endpoint {
  ip: string;
  port: number;
}

/** The body of an event, as Go wrote it. */
export type Payload = Record<string, unknown>;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * The process's Go runtime, as seen from this thread: calls go out with a request number, and everything comes back
 * through one stream of events.
 */
class Runtime {
  readonly binding: Binding = loadBinding();
  /** Receivers of events other than the outcome of a request, by handle. */
  readonly nodes = new Map<number, (payload: Payload) => void>();
  readonly listeners = new Map<number, (connection: NativeConnection) => void>();
  readonly updates = new Map<number, (payload: Payload) => void>();
  readonly #pending = new Map<number, Pending>();
  #lastRequest = 0;
  #references = 0;

  constructor() {
    passEnvironment(this.binding);
    this.binding.open((kind, id, fd, json) => {
      try {
        this.#dispatch(kind, id, fd, JSON.parse(json));
      } catch (error) {
        throwUncaught(error); // Node-API would swallow it with a deprecation warning (DEP0168)
      }
    });
    if (isMainThread) keepSignalHandlersSafe(this.binding);
  }

  /** Makes a call that has an outcome. A call is refused if its handle is closed. */
  call<T>(start: (binding: Binding, request: number) => boolean, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal));
      const request = ++this.#lastRequest;
      const abort = () => this.binding.cancel(request);
      const settle = () => {
        signal?.removeEventListener('abort', abort);
        this.#pending.delete(request);
        this.unreference();
      };
      this.#pending.set(request, {
        resolve: (value) => {
          settle();
          resolve(value as T);
        },
        reject: (error) => {
          settle();
          reject(signal?.aborted ? abortError(signal) : error);
        },
      });
      this.reference();
      signal?.addEventListener('abort', abort);
      if (!start(this.binding, request)) this.#pending.get(request)?.reject(nodeClosedError());
    });
  }

  /** Keeps the event loop alive until `unreference` has been called as many times. */
  reference(): void {
    this.#references += 1;
    if (this.#references === 1) this.binding.reference(true);
  }

  unreference(): void {
    this.#references -= 1;
    if (this.#references === 0) this.binding.reference(false);
  }

  #dispatch(kind: number, id: number, fd: number, payload: Payload): void {
    if (kind === EVENT.connection) {
      this.binding.listenerDelivered(id);
      const connection = { fd, ...payload } as unknown as NativeConnection;
      const receive = this.listeners.get(id);
      if (receive) receive(connection);
      else if (fd < 0) this.binding.connectionCut(connection.connection);
      else closeSync(fd); // the listener was closed in the meantime
    } else if (kind === EVENT.result) {
      const pending = this.#pending.get(id);
      if (payload.error) pending?.reject(nativeError(payload.error as { code: string; message: string }));
      else pending?.resolve(payload.value);
    } else if (kind === EVENT.node) this.nodes.get(id)?.(payload);
    else if (kind === EVENT.update) this.updates.get(id)?.(payload);
  }
}

/**
 * Passes the variables that Go reads. Go has the environment of the C library, but worker threads, and some test runners,
 * have a `process.env` of their own.
 *
 * @internal
 */
export function passEnvironment(binding: Pick<Binding, 'setenv' | 'forgetenv'>): void {
  for (const [name, value] of Object.entries(process.env)) {
    // rule: no credential reaches Go as a variable
    if (isCredential(name)) continue;
    if (value !== undefined && /^(TS_|SSL_CERT_)/.test(name)) binding.setenv(name, value);
  }
  // Go copied the environment when it was loaded.
  // rule: the copy of the environment that Go has is without credentials
  for (const name of CREDENTIAL_VARIABLES) binding.forgetenv(name);
}

/** Suggestions for errors that come from Go. */
const SUGGESTIONS: Partial<Record<TsexposeErrorCode, string[]>> = {
  ERR_TSEXPOSE_AUTH_KEY: [
    'Create a new key on the keys page of the admin console, and pass it as TS_AUTHKEY or --auth-key.',
    'Leave out the key to log in with a browser.',
  ],
  ERR_TSEXPOSE_CONTROL: ['Check --control-url and the network.'],
  ERR_TSEXPOSE_SERVICE: [
    'Add --tag tag:web, or use an auth key with tags. If the node is logged in as a user, log out first: tsexpose logout.',
  ],
  ERR_TSEXPOSE_STATE_DIR: ['Set --state-dir to a directory that you can write to, or keep no state with --ephemeral.'],
  ERR_TSEXPOSE_STATE_IN_USE: ['Stop the other process, or use another --name or --state-dir.'],
};

/** Converts an error from Go to one of ours, or to one with a code of Node's. */
function nativeError({ code, message }: { code: string; message: string }): Error {
  if (code in ERRORS) {
    // Messages from Go are fragments.
    const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
    // Whatever it was opened for, the cure is the same.
    if (/too many open files|failed to bind any ports \(tried \[0\]\)/.test(message))
      return Object.assign(new Error(redact(sentence)), { code: 'EMFILE' });
    const temporary = message.startsWith('the temporary directory');
    return new TsexposeError(code as TsexposeErrorCode, sentence, {
      suggestions: temporary ? ['export TMPDIR=/tmp'] : SUGGESTIONS[code as TsexposeErrorCode],
    });
  }
  return Object.assign(new Error(`${redact(message)} (${code})`), { code });
}

let runtime: Runtime | undefined;

/**
 * Returns the runtime, which the first call loads.
 *
 * @throws TsexposeError when the addon cannot be loaded
 */
export function nativeRuntime(): Runtime {
  runtime ??= new Runtime();
  return runtime;
}

export type { Runtime };

/**
 * Returns how many handles are open in the whole process. For tests, which check that they return to zero.
 */
export function nativeCounts(): {
  nodes: number;
  listeners: number;
  connections: number;
  requests: number;
  goroutines: number;
} {
  return JSON.parse(nativeRuntime().binding.counts());
}
