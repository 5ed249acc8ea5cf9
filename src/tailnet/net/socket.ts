import net from 'node:net';
import { type Identity, unknownIdentity } from '../../identity/identity.ts';
import { type Endpoint, type NativeConnection, nativeRuntime } from '../../native/runtime.ts';

/**
 * A connection on the tailnet: a `net.Socket` whose addresses are the tailnet's and whose peer is known.
 *
 * Besides a `net.Socket`'s events it emits `'identity'` when the network map says something else about the peer.
 *
 * @example
 * ```ts
 * const server = await tailnet.listen(7);
 * server.on('connection', (socket) => {
 *   socket.end(`hello ${socket.identity.name || socket.remoteAddress}\n`);
 * });
 * ```
 */
export class TailnetSocket extends net.Socket {
  /**
   * Who is at the other end. Known before the first byte arrives; replaced when the network map changes
   * (`'identity'` is emitted then), so read it when you need it. Nobody while the socket is connecting.
   */
  identity: Identity = unknownIdentity('', 0);
  declare connecting: boolean;
  #remote: Endpoint | undefined;
  #local: Endpoint | undefined;

  /**
   * Takes over one end of a socket pair; with none, the socket is one whose connecting fails.
   *
   * @internal
   */
  constructor(fd: number | undefined, options: net.SocketConstructorOpts = {}) {
    super({ allowHalfOpen: false, ...options, ...(fd !== undefined && { fd, readable: true, writable: true }) });
    // Until `establish`, net.Socket holds back what is written and reports itself as opening.
    this.connecting = true;
    // Makes what is layered over this socket's handle (TLS) know the addresses too: a socket pair has none.
    const handle = (this as unknown as { _handle: AddressHandle | null })._handle;
    if (handle) {
      handle.getpeername = (out) => Object.assign(out, this._getpeername()) && 0;
      handle.getsockname = (out) => Object.assign(out, this._getsockname()) && 0;
    }
  }

  /** @internal */
  establish({ connection, remote, local, identity }: Omit<NativeConnection, 'fd'>): this {
    this.connecting = false;
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
    return this;
  }

  // net.Socket's own getters (remoteAddress, localPort, address() and the rest) all read these two. They answer after
  // the socket is destroyed as well, when the handle is gone: a log line at the end of a request wants the address.
  /** @internal */
  _getpeername(): net.AddressInfo | object {
    return addressInfo(this.#remote);
  }

  /** @internal */
  _getsockname(): net.AddressInfo | object {
    return addressInfo(this.#local);
  }

  /**
   * Does nothing but call back once the socket is connected, which it does by itself: pg and others call this on a socket
   * that they are given.
   */
  override connect(...args: unknown[]): this {
    const callback = args.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    if (callback && this.connecting) this.once('connect', callback);
    else if (callback) process.nextTick(callback);
    return this;
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

interface AddressHandle {
  getpeername(out: object): number;
  getsockname(out: object): number;
}

function addressInfo(endpoint: Endpoint | undefined): net.AddressInfo | object {
  if (!endpoint) return {};
  const { ip, port } = endpoint;
  return { address: ip, family: ip.includes(':') ? 'IPv6' : 'IPv4', port };
}
