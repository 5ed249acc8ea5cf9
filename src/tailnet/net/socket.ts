import net from 'node:net';
import { TsexposeError } from '../../errors.ts';
import { type Identity, unknownIdentity } from '../../identity/identity.ts';
import { type Endpoint, type NativeConnection, nativeRuntime } from '../../native/runtime.ts';

/**
 * A connection on the tailnet: a `net.Socket` with tailnet addresses that knows who is at the other end.
 *
 * In addition to the events of `net.Socket` it emits `'identity'` when the network map changes what it says about them.
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
   * Who is at the other end. Known before the first byte arrives, and replaced when the network map changes (with an
   * `'identity'` event), so read it when you need it. Its kind is `unknown` while the socket is connecting.
   */
  identity: Identity = unknownIdentity('', 0);
  declare connecting: boolean;
  /** The server that accepted the socket; null for one that was connected from here. */
  declare server: net.Server | null;
  #remote: Endpoint | undefined;
  #local: Endpoint | undefined;
  /** The handle of the established connection. */
  #connection: number | undefined;
  readonly #atEnd: (() => void)[] = [];

  /**
   * Takes over one end of a socket pair. Without one, connecting is about to fail.
   *
   * @internal
   */
  constructor(fd: number | undefined, options: net.SocketConstructorOpts = {}) {
    super({ allowHalfOpen: false, ...options, ...(fd !== undefined && { fd, readable: true, writable: true }) });
    // Until `establish`, net.Socket buffers what is written, and its readyState is `opening`.
    this.connecting = true;
    this.#answerAddresses();
  }

  /**
   * Takes over one end of a socket pair that is there only now. Node has no public way to give a socket a handle.
   *
   * @internal
   */
  adopt(fd: number): void {
    const carrier = new net.Socket({ fd, manualStart: true } as net.SocketConstructorOpts) as unknown as WithHandle;
    const handle = carrier._handle!;
    carrier._handle = null;
    (this as unknown as WithHandle)._handle = handle;
    for (const symbol of Object.getOwnPropertySymbols(handle)) {
      if (handle[symbol] === carrier) handle[symbol] = this; // its owner
    }
    this.#answerAddresses();
  }

  /** TLS on top of this socket asks the handle for the addresses, and a socket pair has none. */
  #answerAddresses(): void {
    const { _handle: handle } = this as unknown as WithHandle;
    if (!handle) return;
    handle.getpeername = (out) => Object.assign(out, this._getpeername()) && 0;
    handle.getsockname = (out) => Object.assign(out, this._getsockname()) && 0;
  }

  /** @internal */
  establish({ connection, remote, local, identity }: Omit<NativeConnection, 'fd'>): this {
    this.connecting = false;
    this.identity = identity as Identity;
    this.#remote = remote;
    this.#local = local;
    this.#connection = connection;
    const { updates } = nativeRuntime();
    updates.set(connection, (update) => {
      if (update.type === 'reset') return this.#reset();
      // rule: the identity of a connection follows the network map
      this.identity = update.identity as Identity;
      this.emit('identity', this.identity);
    });
    this.atEnd(() => updates.delete(connection));
    return this;
  }

  /**
   * Starts to read a socket that was created with `manualStart`. As with Node, a paused socket does not read, and so does
   * not keep the process alive.
   *
   * @internal
   */
  startReading(): void {
    if (this.destroyed || this.errored || this.isPaused()) return;
    const { _handle: handle } = this as unknown as WithHandle;
    // TLS has put its own property there, and reads for itself.
    const isWrapped = handle && Object.getOwnPropertyDescriptor(handle, 'reading')?.get;
    // Not read(0), which waits for a 'connect' that a listener may have thrown at.
    if (!isWrapped) this._read(0);
  }

  /**
   * Runs a function when the socket is destroyed. A listener would be counted by those who ask for the socket's.
   *
   * @internal
   */
  atEnd(run: () => void): void {
    this.#atEnd.push(run);
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    super._destroy(error, callback);
    for (const run of this.#atEnd.splice(0)) run();
  }

  // All of net.Socket's getters (remoteAddress, localPort, address() …) read these two. They keep working once the
  // socket is destroyed and its handle is gone, because a log line at the end of a request needs the address.
  /** @internal */
  _getpeername(): net.AddressInfo | object {
    return addressInfo(this.#remote);
  }

  /** @internal */
  _getsockname(): net.AddressInfo | object {
    return addressInfo(this.#local);
  }

  /**
   * Only calls back once the socket is connected, since it connects by itself. pg and other clients call this on the
   * socket that they are given.
   */
  override connect(...args: unknown[]): this {
    const callback = args.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    if (callback && this.connecting) this.once('connect', callback);
    else if (callback) process.nextTick(callback);
    return this;
  }

  /** Resets the connection: the peer's socket fails with `ECONNRESET`. Waits until the socket is connected. */
  override resetAndDestroy(): this {
    if (this.connecting && !this.destroyed) return this.once('connect', () => this.resetAndDestroy());
    // Not by Node, which would close the socket pair, and that cannot carry a reset.
    if (!this.destroyed && this.#connection !== undefined) nativeRuntime().binding.connectionReset(this.#connection);
    return this.destroy();
  }

  /** The peer reset the connection: the stream fails like that of a kernel socket. */
  #reset(): void {
    this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' }));
  }
}

type WithHandle = { _handle: SocketHandle | null };

interface SocketHandle {
  getpeername(out: object): number;
  getsockname(out: object): number;
  [symbol: symbol]: unknown;
}

function addressInfo(endpoint: Endpoint | undefined): net.AddressInfo | object {
  if (!endpoint) return {};
  const { ip, port } = endpoint;
  return { address: ip, family: ip.includes(':') ? 'IPv6' : 'IPv4', port };
}

/** A socket or a request, as far as the address of its peer is concerned. */
export type Peer = { remoteAddress?: string | undefined; remotePort?: number | undefined } | { socket: Peer };

/** Returns the address of a peer in the form that whois takes. @internal */
export function addressOf(peer: Peer): string {
  const { remoteAddress, remotePort } =
    'socket' in peer ? (peer.socket as { remoteAddress?: string; remotePort?: number }) : peer;
  if (!remoteAddress) throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', 'The socket is not connected to a peer.');
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
