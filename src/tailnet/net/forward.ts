import { EventEmitter } from 'node:events';
import type { Identity } from '../../identity/identity.ts';
import type { Endpoint, NativeConnection, Runtime } from '../../native/runtime.ts';
import { checkPort } from './ports.ts';
import { systemError } from './system-error.ts';
import { type ListenerCertificate, replaceCertificate, type Termination, terminating } from './termination.ts';

/** How a forwarded connection has ended. */
export interface ForwardEnd {
  /** Bytes from the caller to the target. @default 0 */
  received?: number;
  /** Bytes from the target to the caller. @default 0 */
  sent?: number;
  /** Why the target could not be reached, with one of Node's codes. */
  error?: { code: string; message: string };
}

/**
 * A connection that waits to be forwarded to the target. Its bytes never reach JavaScript.
 *
 * Emits `'identity'` when the network map changes what it says about the caller, and `'end'` once, when it has ended.
 */
export class ForwardedConnection extends EventEmitter<{ identity: [Identity]; end: [ForwardEnd] }> {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** The caller. */
  identity: Identity;
  readonly #runtime: Runtime;
  readonly #handle: number;

  /** @internal */
  constructor(runtime: Runtime, { connection, remote, local, identity }: NativeConnection) {
    super();
    this.#runtime = runtime;
    this.#handle = connection;
    this.remote = remote;
    this.local = local;
    this.identity = identity as Identity;
    runtime.updates.set(connection, (update) => {
      if (update.type === 'identity') {
        // rule: the identity of a forwarded connection follows the network map
        this.identity = update.identity as Identity;
        this.emit('identity', this.identity);
      } else if (update.type === 'end') {
        runtime.updates.delete(connection);
        this.emit('end', update as ForwardEnd);
      }
    });
  }

  /** Connects it to the target, which receives `preface` ahead of the caller's bytes. */
  admit(preface: Buffer = Buffer.alloc(0)): void {
    this.#runtime.binding.connectionAdmit(this.#handle, preface);
  }

  /** Ends the connection, at any time. */
  destroy(): void {
    this.#runtime.binding.connectionCut(this.#handle);
  }
}

/** A port whose connections never reach JavaScript. */
export interface ForwardedPort {
  readonly port: number;
  /** Stops listening; open connections continue. */
  close(): Promise<void>;
}

/** A tailnet port whose connections are forwarded to a target; see `Tailnet.forward`. */
export interface Forwarder extends ForwardedPort {
  /** Serves new connections with another certificate. @internal */
  use(certificate: ListenerCertificate): void;
}

/** What `Tailnet.forward` takes. */
export interface ForwardOptions {
  /** Where connections go: `host:port` or `unix:/path`. */
  target: string;
  /** Decides about a connection by calling `admit` or `destroy` on it. */
  onConnection: (connection: ForwardedConnection) => void;
  /** Listens on a port of this Tailscale Service; see `ListenOptions.service`. @default none */
  service?: string;
  /** Opens the port to the internet too; see `ListenOptions.funnel`. @default false */
  funnel?: boolean;
  /** Ends the TLS of callers first. @default callers speak no TLS @internal */
  tls?: Termination;
}

const BACKLOG = 4096;

/**
 * Forwards a tailnet port of a node; see `Tailnet.forward`.
 *
 * @internal
 */
export async function forward(
  runtime: Runtime,
  node: number,
  port: number,
  { target, onConnection, service, funnel, tls }: ForwardOptions,
  onClosed: () => void,
): Promise<Forwarder> {
  checkPort(port);
  const config = JSON.stringify({ target, service, funnel, ...terminating(tls) });
  const opened = await runtime
    .call<{ listener: number; port: number }>((b, request) => b.nodeListen(node, request, port, BACKLOG, config))
    .catch((error) => Promise.reject(systemError(error, { syscall: 'listen', port })));
  runtime.listeners.set(opened.listener, (connection) => onConnection(new ForwardedConnection(runtime, connection)));
  return {
    port: opened.port,
    use: (certificate) => replaceCertificate(runtime, opened.listener, certificate),
    close: closeOnce(runtime, opened.listener, () => {
      runtime.listeners.delete(opened.listener);
      onClosed();
    }),
  };
}

/** Creates a function that closes a listener of Go's; calling it again returns the same promise. @internal */
export function closeOnce(runtime: Runtime, listener: number, onClosed: () => void): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= runtime
      .call<null>((b, request) => b.listenerClose(listener, request))
      .catch(() => {}) // closing the node closes its listeners
      .then(onClosed);
    return closed;
  };
}
