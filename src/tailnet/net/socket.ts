import net from 'node:net';
import { TsexposeError } from '../../errors.ts';
import { type Identity, unknownIdentity } from '../../identity/identity.ts';
import { type Endpoint, type NativeConnection, nativeRuntime } from '../../native/runtime.ts';
import { Attempt, type DialingNode, type NamedTarget, type NativeTcp } from './attempt.ts';

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

  /** Connects again, with Node's arguments; undefined for a socket that was accepted. */
  readonly #redial: ((args: unknown[]) => net.TcpSocketConnectOpts) | undefined;
  readonly #node: DialingNode | undefined;
  #attempt: Attempt | undefined;

  /**
   * Takes over one end of a socket pair, or connects from a node with `dial`.
   *
   * @internal
   */
  constructor(from: number | Dialing, options: net.SocketConstructorOpts = {}) {
    super({
      allowHalfOpen: false,
      ...options,
      ...(typeof from === 'number' && { fd: from, readable: true, writable: true }),
    });
    if (typeof from === 'number') answerAddresses(this, undefined);
    else {
      this.#node = from.node;
      this.#redial = from.redial;
    }
  }

  /** Connects by Node's own `connect`, on a handle that dials over the tailnet. @internal */
  dial(options: net.TcpSocketConnectOpts): this {
    this.identity = unknownIdentity('', 0);
    this.#remote = undefined;
    this.#local = undefined;
    this.#connection = undefined;
    return super.connect(options);
  }

  /** Resolves a MagicDNS name; see `Attempt`. @internal */
  async lookup(target: NamedTarget): Promise<string | undefined> {
    return this.#attempt?.lookup(target);
  }

  /** Whether a TLS socket has taken over the handle. @internal */
  get isUnderTls(): boolean {
    const { _handle: handle } = this;
    return handle !== null && Object.getOwnPropertyDescriptor(handle, 'reading')?.get !== undefined;
  }

  /** Node sets this to a handle of its own for each attempt to connect. @internal */
  get _handle(): NativeTcp | null {
    return Reflect.get(net.Socket.prototype, '_handle', this);
  }

  set _handle(handle: NativeTcp | null) {
    // Node moves on to another address. It ends the process with a signal when TLS is on top of the handle that it leaves.
    if (handle && this.isUnderTls) process.nextTick(() => this.destroy(cannotMove()));
    Reflect.set(net.Socket.prototype, '_handle', handle, this);
    // The constructor of net.Socket gets here, too, before there are private fields.
    if (!handle || !(#node in this) || !this.#node) return;
    this.#attempt = new Attempt(handle, this, this.#node);
    answerAddresses(this, this.#attempt);
  }

  /** @internal */
  establish({ connection, remote, local, identity }: Omit<NativeConnection, 'fd'>): this {
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

  /** Starts to read unless the socket is paused, or TLS reads for it. @internal */
  startReading(): void {
    if (!this.destroyed && !this.errored && !this.isPaused() && !this.isUnderTls) this._read(0);
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
   * Connects again after the socket has closed, to the same host and port unless the arguments say otherwise. Before, it only
   * calls back once the socket is connected, since it connects by itself: pg and other clients call this on the socket that
   * they are given.
   */
  override connect(...args: unknown[]): this {
    const callback = args.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    const again = this.destroyed ? this.#redial?.(args) : undefined;
    if (callback && (again || this.connecting)) this.once('connect', callback);
    else if (callback) process.nextTick(callback);
    return again ? this.dial(again) : this;
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

/** How to connect, for a socket that is not accepted. */
export interface Dialing {
  node: DialingNode;
  redial(args: unknown[]): net.TcpSocketConnectOpts;
}

function cannotMove(): Error {
  const message =
    'A socket under TLS cannot try another address. Wait until it is connected, or look up one address only';
  return Object.assign(new Error(message), { code: 'EADDRNOTAVAIL', syscall: 'connect' });
}

/** Lets the handle answer for the addresses, which a socket pair does not have. TLS on top of the socket asks it. */
function answerAddresses(socket: TailnetSocket, attempt: Attempt | undefined): void {
  const local = () => ({ ...attempt?.bound, ...socket._getsockname() });
  Object.assign(socket._handle as object, {
    getpeername: (out: object) => Object.assign(out, socket._getpeername()) && 0,
    getsockname: (out: object) => Object.assign(out, local()) && 0,
  });
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
