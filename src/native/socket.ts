import net from 'node:net';
import type { Identity } from '../identity/identity.ts';
import { type Endpoint, type NativeConnection, nativeRuntime } from './runtime.ts';

/**
 * A connection on the tailnet: a `net.Socket` whose addresses are the tailnet's and whose peer is known.
 *
 * @example
 * ```ts
 * listener.on('connection', (socket) => {
 *   socket.end(`hello ${socket.identity.name || socket.remoteAddress}\n`);
 * });
 * ```
 */
export class TailnetSocket extends net.Socket {
  /**
   * Who is at the other end. Known before the first byte arrives; replaced when the network map changes
   * (`'identity'` is emitted then), so read it when you need it.
   */
  identity: Identity;
  readonly #remote: Endpoint;
  readonly #local: Endpoint;

  /** @internal */
  constructor({ fd, connection, remote, local, identity }: NativeConnection, options: net.SocketConstructorOpts = {}) {
    super({ allowHalfOpen: false, ...options, fd, readable: true, writable: true });
    this.identity = identity as Identity;
    this.#remote = remote;
    this.#local = local;
    const { connections } = nativeRuntime();
    connections.set(connection, (update) => {
      if (update.type === 'reset') return this.#reset();
      this.identity = update.identity as Identity;
      this.emit('identity', this.identity);
    });
    this.once('close', () => connections.delete(connection));
  }

  // A socket pair has no addresses. net.Socket's own getters (remoteAddress, localPort, address() and the rest) all
  // read these two.
  /** @internal */
  _getpeername(): net.AddressInfo {
    return addressInfo(this.#remote);
  }

  /** @internal */
  _getsockname(): net.AddressInfo {
    return addressInfo(this.#local);
  }

  /** The same as `destroy()`: a socket pair cannot carry a reset, and Node refuses to try. */
  override resetAndDestroy(): this {
    return this.destroy();
  }

  /** The peer tore the connection down: the stream ends as a kernel socket's would. */
  #reset(): void {
    this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' }));
  }
}

function addressInfo({ ip, port }: Endpoint): net.AddressInfo {
  return { address: ip, family: ip.includes(':') ? 'IPv6' : 'IPv4', port };
}
