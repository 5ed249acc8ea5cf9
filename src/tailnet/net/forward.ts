import { EventEmitter } from 'node:events';
import type { Identity } from '../../identity/identity.ts';
import type { Endpoint, NativeConnection, Runtime } from '../../native/runtime.ts';
import { checkServiceName } from '../service.ts';
import { checkPort } from './listen.ts';
import { systemError } from './system-error.ts';

/** How a connection that was forwarded has ended. */
export interface ForwardEnd {
  /** Bytes from the peer to the service. @default 0 */
  received?: number;
  /** Bytes from the service to the peer. @default 0 */
  sent?: number;
  /** Why the service could not be reached, with a code of Node's. */
  error?: { code: string; message: string };
}

/**
 * A connection that waits to be let through to a service. Its bytes never reach JavaScript.
 *
 * `'identity'` is emitted when the network map says something else about the peer, `'end'` once, when it is over.
 */
export class ForwardedConnection extends EventEmitter<{ identity: [Identity]; end: [ForwardEnd] }> {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** Who is at the other end. */
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
    runtime.connections.set(connection, (update) => {
      if (update.type === 'identity') {
        this.identity = update.identity as Identity;
        this.emit('identity', this.identity);
      } else if (update.type === 'end') {
        runtime.connections.delete(connection);
        this.emit('end', update as ForwardEnd);
      }
    });
  }

  /** Joins it to the service, which gets `preface` in front of the peer's bytes. */
  admit(preface: Buffer = Buffer.alloc(0)): void {
    this.#runtime.binding.connectionAdmit(this.#handle, preface);
  }

  /** Ends it, at any time. */
  destroy(): void {
    this.#runtime.binding.connectionCut(this.#handle);
  }
}

/** A tailnet port whose connections are joined to a service; see `Tailnet.forward`. */
export interface Forwarder {
  readonly port: number;
  /** Stops listening; connections live on. */
  close(): Promise<void>;
}

/** What `Tailnet.forward` takes. */
export interface ForwardOptions {
  /** The service: `host:port` or `unix:/path`. */
  target: string;
  /** Decides about a connection: it calls `admit` or `destroy`. */
  onConnection: (connection: ForwardedConnection) => void;
  /** A Tailscale Service whose port it is; see `ListenOptions.service`. @default none */
  service?: string;
}

const BACKLOG = 4096;

/** @internal */
export async function forward(
  runtime: Runtime,
  node: number,
  port: number,
  { target, onConnection, service }: ForwardOptions,
  onClosed: () => void,
): Promise<Forwarder> {
  checkPort(port);
  if (service !== undefined) checkServiceName(service);
  const config = JSON.stringify({ target, service });
  const opened = await runtime
    .call<{ listener: number; port: number }>((b, request) => b.nodeListen(node, request, port, BACKLOG, config))
    .catch((error) => Promise.reject(systemError(error, { syscall: 'listen', port })));
  runtime.listeners.set(opened.listener, (connection) => onConnection(new ForwardedConnection(runtime, connection)));
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= runtime
      .call<null>((b, request) => b.listenerClose(opened.listener, request))
      .catch(() => {}) // closing the node closes its listeners
      .then(() => {
        runtime.listeners.delete(opened.listener);
        onClosed();
      });
    return closed;
  };
  return { port: opened.port, close };
}
