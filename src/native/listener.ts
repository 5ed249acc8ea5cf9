import { EventEmitter } from 'node:events';
import type { NativeConnection } from './runtime.ts';
import { nativeRuntime } from './runtime.ts';
import { TailnetSocket } from './socket.ts';

interface ListenerEvents {
  /** A peer has connected. */
  connection: [TailnetSocket];
  /** No connection comes any more. */
  close: [];
}

/**
 * A tailnet port that is being listened on. Made by `Tailnet.listen`.
 *
 * @example
 * ```ts
 * const listener = await tailnet.listen(7);
 * listener.on('connection', (socket) => socket.pipe(socket));
 * ```
 */
export class TailnetListener extends EventEmitter<ListenerEvents> {
  /** The tailnet port. */
  readonly port: number;
  readonly #handle: number;
  readonly #ips: () => string[];
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(handle: number, port: number, ips: () => string[]) {
    super();
    this.#handle = handle;
    this.port = port;
    this.#ips = ips;
    nativeRuntime().listeners.set(handle, (connection) => this.#accept(connection));
  }

  /** Where it listens; null once it is closed. */
  address(): { address: string; family: 'IPv4' | 'IPv6'; port: number } | null {
    if (this.#closing) return null;
    const address = this.#ips()[0] ?? '';
    return { address, family: address.includes(':') ? 'IPv6' : 'IPv4', port: this.port };
  }

  /** Stops listening; connections that exist live on. Safe to call more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const runtime = nativeRuntime();
    // Closing the node closes its listeners, so this one may be gone already.
    await runtime.call((binding, request) => binding.listenerClose(this.#handle, request)).catch(() => {});
    runtime.listeners.delete(this.#handle);
    this.emit('close');
  }

  #accept(connection: NativeConnection): void {
    const socket = new TailnetSocket(connection, { allowHalfOpen: true });
    if (this.listenerCount('connection') === 0) socket.destroy();
    else this.emit('connection', socket);
  }
}
