import { EventEmitter } from 'node:events';
import type net from 'node:net';
import { abortError, throwUncaught } from '../../errors.ts';
import { type NativeConnection, nativeRuntime, type Runtime } from '../../native/runtime.ts';
import { Carriage, type Carrier } from './carrier.ts';
import { listensOn } from './ip.ts';
import { acceptedSocket, dropArgument, notRunning } from './node-server.ts';
import { checkPort } from './ports.ts';
import { TailnetSocket } from './socket.ts';
import { systemError } from './system-error.ts';
import {
  afterTls,
  type ListenerCertificate,
  replaceCertificate,
  type Termination,
  terminating,
} from './termination.ts';

/** How to listen on a tailnet port. */
export interface ListenOptions {
  /** How many connections may wait for a busy event loop before new ones are refused. @default 4096 */
  backlog?: number;
  /**
   * One of the node's addresses, to listen on this one only. Names, wildcards, and loopback addresses stand for all of
   * them, and so does any host of a Service or with Funnel. @default all
   */
  host?: string;
  /** Whether to listen on the node's IPv6 address only. @default false */
  ipv6Only?: boolean;
  /** Whether sockets stay writable after the peer has ended its side; you then have to end them. @default false */
  allowHalfOpen?: boolean;
  /** Whether sockets start paused, so that none of their bytes are read before you resume them. @default false */
  pauseOnConnect?: boolean;
  /** How many bytes a socket buffers for reading, and for writing. @default Node's */
  highWaterMark?: number;
  /**
   * Whether to open the port to the internet too, through Tailscale Funnel: 443, 8443 or 10000. Connections are raw
   * either way; callers from the internet have the identity kind `funnel`. @default false
   */
  funnel?: boolean;
  /**
   * Listens on a port of a Tailscale Service such as `svc:web` rather than on the node's own. The node hosts the Service
   * for as long as it listens; see `Tailnet.hostService`. @default none
   */
  service?: string;
  /** Closes the server, or gives up before it listens. */
  signal?: AbortSignal;
  /** Carries HTTP/1.1 outside JavaScript; what it does not take arrives as a connection. @internal */
  carrier?: Carrier;
  /** Ends TLS before that. @internal */
  tls?: Termination;
}

/** What `TailnetServer` emits. */
export interface TailnetServerEvents {
  /** The server listens. Emitted once, after `Tailnet.listen` has resolved. */
  listening: [];
  /** A caller has connected. Without a listener for this event, connections are closed right away. */
  connection: [socket: TailnetSocket];
  /** A connection was closed right away because `maxConnections` were already open. */
  drop: [data: net.DropArgument];
  /** The server accepts no more connections; open ones continue. */
  closing: [];
  /** The server is closed and its last connection has ended. */
  close: [];
  error: [error: Error];
}

/** An open port, as `listen` hands it to the server. */
interface OpenPort {
  handle: number;
  port: number;
  ips: () => string[];
  socket: net.SocketConstructorOpts;
  carrier: Carrier | undefined;
  capacity: { total: number; each: number };
}

/**
 * A server that listens on a tailnet port, with the shape of a `net.Server`. Created by `Tailnet.listen`.
 *
 * It does not keep the process alive by itself; its node does, see `Tailnet.unref`.
 *
 * @example
 * ```ts
 * await using server = await tailnet.listen(7);
 * for await (const socket of server) socket.pipe(socket);
 * ```
 */
export class TailnetServer extends EventEmitter<TailnetServerEvents> implements AsyncIterable<TailnetSocket> {
  /** The tailnet port. */
  readonly port: number;
  /** How many connections may be open at once; any more are closed and reported as `'drop'`. @default Infinity */
  maxConnections = Number.POSITIVE_INFINITY;
  /** What is carried outside JavaScript. @internal */
  readonly carriage: Carriage | undefined;
  /** How many connections this process has descriptors for, and how many of them one caller can have. @internal */
  readonly capacity: { total: number; each: number };
  readonly #handle: number;
  readonly #ips: () => string[];
  readonly #socket: net.SocketConstructorOpts;
  readonly #runtime = nativeRuntime();
  readonly #sockets = new Set<TailnetSocket>();
  #referenced = false;
  #stopped: Promise<void> | undefined;

  /** @internal */
  constructor({ handle, port, ips, socket, carrier, capacity }: OpenPort) {
    super();
    if (carrier) this.carriage = new Carriage(this.#runtime, handle, carrier);
    this.#handle = handle;
    this.port = port;
    this.capacity = capacity;
    this.#ips = ips;
    this.#socket = socket;
    this.#runtime.listeners.set(handle, (connection) => this.#accept(connection));
    // Only after the code that awaits Tailnet.listen has run.
    setImmediate(() => this.listening && this.emit('listening'));
  }

  /** Whether the server is listening. */
  get listening(): boolean {
    return this.#stopped === undefined;
  }

  /** Returns the first of the addresses that the server listens on, or null once it is closed. */
  address(): net.AddressInfo | null {
    if (!this.listening) return null;
    const address = this.#ips()[0] ?? '';
    return { address, family: address.includes(':') ? 'IPv6' : 'IPv4', port: this.port };
  }

  /**
   * Stops listening; open connections continue. Safe to call more than once.
   *
   * @param callback - called once the last connection has ended, as with `net.Server`; with an
   *   `ERR_SERVER_NOT_RUNNING` error when the server was already closed; ignored if it is not a function
   * @returns a promise that resolves as soon as the port is free
   */
  close(callback?: (error?: Error) => void): Promise<void> {
    if (typeof callback === 'function') {
      if (this.listening) this.once('close', () => callback());
      else process.nextTick(callback, notRunning());
    }
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Passes the number of open connections to the callback. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#sockets.size);
    return this;
  }

  /** Serves new connections with another certificate. @internal */
  use(certificate: ListenerCertificate): void {
    replaceCertificate(this.#runtime, this.#handle, certificate);
  }

  /** Keeps the process alive while the server listens, even if its node does not. */
  ref(): this {
    if (!this.#referenced && this.listening) {
      this.#runtime.reference();
      this.#referenced = true;
    }
    return this;
  }

  /** Undoes `ref`. */
  unref(): this {
    if (this.#referenced) this.#runtime.unreference();
    this.#referenced = false;
    return this;
  }

  /** Yields connections as they arrive, until the server closes. Leaving the loop closes those still waiting. */
  [Symbol.asyncIterator](): AsyncGenerator<TailnetSocket, void> {
    const waiting: TailnetSocket[] = [];
    const take = (socket: TailnetSocket) => waiting.push(socket.on('error', ignore));
    // Not at the generator's first step: connections may already be arriving.
    this.on('connection', take);
    return this.#iterate(waiting, take);
  }

  /** Stops listening and waits until the last connection has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.listening && this.#sockets.size === 0) return;
    const closed = new Promise<void>((resolve) => this.once('close', resolve));
    await this.close();
    await closed;
  }

  async *#iterate(
    waiting: TailnetSocket[],
    take: (socket: TailnetSocket) => void,
  ): AsyncGenerator<TailnetSocket, void> {
    try {
      while (this.listening || waiting.length > 0) {
        const socket = waiting.shift();
        if (!socket) await this.#connectionOrClosing();
        else if (!socket.destroyed) yield socket.off('error', ignore);
      }
    } finally {
      this.off('connection', take);
      for (const socket of waiting) socket.destroy();
    }
  }

  #connectionOrClosing(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.off('connection', wake).off('closing', wake);
        resolve();
      };
      this.on('connection', wake).on('closing', wake);
    });
  }

  async #stop(): Promise<void> {
    this.unref();
    // Closing the node closes its listeners, so this one may already be gone.
    await this.#runtime.call<null>((binding, request) => binding.listenerClose(this.#handle, request)).catch(() => {});
    this.#runtime.listeners.delete(this.#handle);
    try {
      this.emit('closing');
    } catch (error) {
      throwUncaught(error);
    }
    this.#closeIfDrained();
  }

  #accept({ fd, secure, ...connection }: NativeConnection): void {
    const socket = new TailnetSocket(fd, this.#socket).establish(connection);
    if (secure) Object.assign(socket, afterTls(secure));
    if (this.#sockets.size >= this.maxConnections) {
      this.emit('drop', dropArgument(socket));
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.atEnd(() => {
      this.#sockets.delete(socket);
      this.#closeIfDrained();
    });
    if (!this.emit('connection', socket)) socket.destroy();
  }

  #closeIfDrained(): void {
    if (this.#sockets.size > 0 || this.listening || this.#runtime.listeners.has(this.#handle)) return;
    process.nextTick(() => this.emit('close'));
  }
}

// The peer of a waiting connection may reset it before the loop has handed it out.
function ignore(): void {}

/**
 * Opens a tailnet port of a node; see `Tailnet.listen`.
 *
 * @internal
 */
export async function listen(
  runtime: Runtime,
  node: number,
  port: number,
  { backlog = 4096, funnel = false, service, host, ipv6Only, signal, carrier, tls, ...options }: ListenOptions,
  nodeIps: () => string[],
): Promise<TailnetServer> {
  checkPort(port);
  const ips = () => listensOn(nodeIps(), service === undefined && !funnel ? { host, ipv6Only } : {});
  const where = { funnel, service, address: host, ipv6Only };
  const config = JSON.stringify({ ...where, http: carrier?.rules(), ...terminating(tls) });
  const opened = await runtime
    .call<{ listener: number; port: number; capacity: { total: number; each: number } }>(
      (binding, request) => binding.nodeListen(node, request, port, backlog, config),
      signal,
    )
    .catch((error) => {
      const address = error.code === 'EADDRNOTAVAIL' ? host : ips()[0];
      return Promise.reject(systemError(error, { syscall: 'listen', address, port }));
    });
  const server = new TailnetServer({
    handle: opened.listener,
    port: opened.port,
    ips,
    socket: acceptedSocket(options),
    carrier,
    capacity: opened.capacity,
  });
  const close = () => server.close();
  if (signal?.aborted) {
    await close();
    throw abortError(signal);
  }
  signal?.addEventListener('abort', close);
  server.once('closing', () => signal?.removeEventListener('abort', close));
  return server;
}
