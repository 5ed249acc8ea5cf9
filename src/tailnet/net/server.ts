import { EventEmitter } from 'node:events';
import type net from 'node:net';
import { throwUncaught } from '../../errors.ts';
import { type NativeConnection, nativeRuntime } from '../../native/runtime.ts';
import { TailnetSocket } from './socket.ts';

/** What `TailnetServer` emits. */
export interface TailnetServerEvents {
  /** It listens; emitted once, after `Tailnet.listen` has resolved. */
  listening: [];
  /** A peer has connected. Where nobody listens to this event, connections are closed at once. */
  connection: [socket: TailnetSocket];
  /** A connection was closed at once because there were `maxConnections` already. */
  drop: [data: net.DropArgument];
  /** No further connection comes; those that exist may live on. */
  closing: [];
  /** Closed, and the last connection has ended. */
  close: [];
  error: [error: Error];
}

/** What `Tailnet` knows about a port that it listens on. @internal */
export interface ListeningPort {
  handle: number;
  port: number;
  ips: () => string[];
  allowHalfOpen: boolean;
}

/**
 * A tailnet port that is being listened on, with the shape of a `net.Server`. Made by `Tailnet.listen`.
 *
 * It does not hold the process by itself: its node does, see `Tailnet.unref`.
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
  /** How many connections may be open at a time; further ones are closed and reported as `'drop'`. @default Infinity */
  maxConnections = Number.POSITIVE_INFINITY;
  readonly #handle: number;
  readonly #ips: () => string[];
  readonly #allowHalfOpen: boolean;
  readonly #runtime = nativeRuntime();
  readonly #sockets = new Set<TailnetSocket>();
  #referenced = false;
  #stopped: Promise<void> | undefined;

  /** @internal */
  constructor({ handle, port, ips, allowHalfOpen }: ListeningPort) {
    super();
    this.#handle = handle;
    this.port = port;
    this.#ips = ips;
    this.#allowHalfOpen = allowHalfOpen;
    this.#runtime.listeners.set(handle, (connection) => this.#accept(connection));
    // After whoever awaits Tailnet.listen has had their turn.
    setImmediate(() => this.listening && this.emit('listening'));
  }

  /** Whether it still listens. */
  get listening(): boolean {
    return this.#stopped === undefined;
  }

  /** Where it listens: the node's first tailnet address (it listens on all of them); null once it is closed. */
  address(): net.AddressInfo | null {
    if (!this.listening) return null;
    const address = this.#ips()[0] ?? '';
    return { address, family: address.includes(':') ? 'IPv6' : 'IPv4', port: this.port };
  }

  /**
   * Stops listening; connections that exist live on. Safe to call more than once.
   *
   * @param callback - called once the last connection has ended, as `net.Server` does it; with
   *   `ERR_SERVER_NOT_RUNNING` when the server was closed before
   * @returns a promise that resolves as soon as the port is free
   */
  close(callback?: (error?: Error) => void): Promise<void> {
    if (callback) {
      if (this.listening) this.once('close', () => callback());
      else process.nextTick(callback, notRunning());
    }
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Calls back with the number of open connections. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#sockets.size);
    return this;
  }

  /** Holds the process while the server listens, even where its node does not. */
  ref(): this {
    if (!this.#referenced && this.listening) {
      this.#runtime.reference();
      this.#referenced = true;
    }
    return this;
  }

  /** Takes `ref` back. */
  unref(): this {
    if (this.#referenced) this.#runtime.unreference();
    this.#referenced = false;
    return this;
  }

  /** Connections as they come; ends when the server closes. Those that wait when the loop is left are closed. */
  [Symbol.asyncIterator](): AsyncGenerator<TailnetSocket, void> {
    const waiting: TailnetSocket[] = [];
    const take = (socket: TailnetSocket) => waiting.push(socket.on('error', ignore));
    // Here rather than at the generator's first step: connections come already.
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
    // Closing the node closes its listeners, so this one may be gone already.
    await this.#runtime.call<null>((binding, request) => binding.listenerClose(this.#handle, request)).catch(() => {});
    this.#runtime.listeners.delete(this.#handle);
    try {
      this.emit('closing');
    } catch (error) {
      throwUncaught(error);
    }
    this.#closeIfDrained();
  }

  #accept({ fd, ...connection }: NativeConnection): void {
    const socket = new TailnetSocket(fd, { allowHalfOpen: this.#allowHalfOpen }).establish(connection);
    if (this.#sockets.size >= this.maxConnections) {
      this.emit('drop', dropped(socket));
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
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

// The peer of a connection that waits to be taken may be gone before anybody has heard of it.
function ignore(): void {}

function dropped(socket: TailnetSocket): net.DropArgument {
  const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = socket;
  return { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily };
}

/** The error of `net.Server` for a close without a listen. @internal */
export function notRunning(): Error {
  return Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' });
}
