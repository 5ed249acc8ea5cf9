import { EventEmitter } from 'node:events';
import net, { isIP } from 'node:net';
import { TsexposeError, throwUncaught } from '../../errors.ts';
import type { NodeState } from '../../events.ts';
import { type Identity, unknownIdentity } from '../../identity/identity.ts';
import { nativeRuntime } from '../../native/runtime.ts';
import { checkPort } from '../net/ports.ts';
import { systemError } from '../net/system-error.ts';
import { bytesOf, encodeDatagram, FrameReader } from './datagram-frame.ts';

/** The kinds of UDP socket. */
export type DatagramType = 'udp4' | 'udp6';

/** Where a datagram came from, and who sent it. */
export interface DatagramInfo {
  address: string;
  family: 'IPv4' | 'IPv6';
  port: number;
  /** Size of the datagram in bytes. */
  size: number;
  /** Who sent it. */
  identity: Identity;
}

/** What `TailnetDatagramSocket` emits. */
export interface DatagramEvents {
  /** The socket is bound. */
  listening: [];
  message: [message: Buffer, info: DatagramInfo];
  close: [];
  error: [error: Error];
}

/** What can be sent. */
export type DatagramPayload = string | Uint8Array | readonly (string | Uint8Array)[];

type SendCallback = (error: Error | null, bytes: number) => void;

/** What a UDP socket needs of its node. @internal */
export interface DatagramNode {
  readonly state: NodeState;
  readonly closing: boolean;
  whois(name: string): Promise<Identity>;
}

const MAX_PAYLOAD = 65_507;

/**
 * A UDP socket on the tailnet, with the shape of a `dgram.Socket`. Created by `Tailnet.createSocket`. Datagrams that
 * arrive while the event loop is busy wait in a buffer of limited size, and are lost when it is full, as always with UDP.
 *
 * A tailnet has no multicast, broadcast or buffer sizes, so the methods for them are missing.
 *
 * @example
 * ```ts
 * const socket = tailnet.createSocket('udp4');
 * socket.on('message', (message, { address, port }) => socket.send(message, port, address));
 * socket.bind(7);
 * ```
 */
export class TailnetDatagramSocket extends EventEmitter<DatagramEvents> {
  readonly type: DatagramType;
  readonly #node: DatagramNode;
  readonly #handle: number;
  readonly #identities = new Map<string, Identity>();
  readonly #frames = new FrameReader();
  #bound: Promise<void> | undefined;
  #closed = false;
  #referenced = true;
  #pair: net.Socket | undefined;
  #address: net.AddressInfo | undefined;
  #peer: { address: string; port: number } | undefined;

  /** @internal */
  constructor(
    type: DatagramType,
    node: DatagramNode,
    handle: number,
    onMessage?: (...args: DatagramEvents['message']) => void,
  ) {
    super();
    if (type !== 'udp4' && type !== 'udp6') {
      throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `Expected udp4 or udp6, got ${type}.`);
    }
    this.type = type;
    this.#node = node;
    this.#handle = handle;
    if (onMessage) this.on('message', onMessage);
  }

  /**
   * Binds a port on the node's address of the socket's family; with 0, the default, the node picks a free one. Accepts
   * and ignores an address, because there is only that one.
   */
  bind(port?: number | { port?: number } | (() => void), ...rest: unknown[]): this {
    if (this.#closed) throw notRunning();
    if (this.#bound) throw socketError('ERR_SOCKET_ALREADY_BOUND', 'Socket is already bound');
    const callback = [port, ...rest].find((value) => typeof value === 'function') as (() => void) | undefined;
    if (callback) this.once('listening', callback);
    const wanted = typeof port === 'object' ? port.port : port;
    const number = typeof wanted === 'number' ? wanted : 0;
    checkPort(number);
    this.#bound = this.#bind(number);
    this.#bound.catch((error) => this.emit('error', error)).catch(throwUncaught);
    return this;
  }

  /** Returns where the socket is bound. */
  address(): net.AddressInfo {
    if (!this.#address) throw socketError('EBADF', 'getsockname EBADF');
    return this.#address;
  }

  /**
   * Sends a datagram: `send(message, port, address, callback)`, optionally with an offset and a length after the message,
   * and without port and address on a connected socket. The address can be a MagicDNS name.
   *
   * The callback only reports local errors: a datagram can get lost.
   */
  send(message: DatagramPayload, ...rest: (number | string | SendCallback | undefined)[]): void {
    const callback = typeof rest.at(-1) === 'function' ? (rest.pop() as SendCallback) : undefined;
    if (this.#closed && !callback) throw notRunning();
    const to = this.#peer;
    const ranged = rest.length > (to ? 1 : 2) && typeof rest[1] === 'number';
    const [offset, length] = ranged ? (rest.splice(0, 2) as [number, number]) : [];
    const payload = bytesOf(message, offset, length);
    const [port = to?.port, address = to?.address] = rest as [number?, string?];
    checkPort(port, 1);
    if (!address) throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', 'send() requires an address.');
    this.#send(payload, port, address)
      .then(
        (bytes) => callback?.(null, bytes),
        (error) => {
          if (callback) callback(error, 0);
          else this.#fail(error);
        },
      )
      .catch(throwUncaught);
  }

  /** Sets the peer that the socket sends to, and the only one it receives from. */
  connect(port: number, address: string, callback?: () => void): void {
    if (this.#closed) throw notRunning();
    if (this.#peer) throw socketError('ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
    this.#ready()
      .then(() => this.#resolve(address))
      .then(
        (ip) => {
          this.#peer = { address: ip, port };
          callback?.();
        },
        (error) => this.#fail(error),
      )
      .catch(throwUncaught);
  }

  /** Undoes `connect`. */
  disconnect(): void {
    this.remoteAddress();
    this.#peer = undefined;
  }

  /** Returns the peer of a connected socket. */
  remoteAddress(): net.AddressInfo {
    if (!this.#peer) throw socketError('ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Not connected');
    return { ...this.#peer, family: this.type === 'udp4' ? 'IPv4' : 'IPv6' };
  }

  /** Closes the socket. */
  close(callback?: () => void): this {
    if (this.#closed) throw notRunning();
    if (callback) this.once('close', callback);
    this.#close();
    return this;
  }

  /** Keeps the process alive while the socket is open, which is the default. */
  ref(): this {
    this.#referenced = true;
    this.#pair?.ref();
    return this;
  }

  /** Lets the process exit while the socket is open. */
  unref(): this {
    this.#referenced = false;
    this.#pair?.unref();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => this.close(resolve));
  }

  async #bind(port: number): Promise<void> {
    let fd: number | null = null;
    const wasUp = this.#node.state === 'running';
    const binding = nativeRuntime().call<{ ip: string; port: number }>((native, request) => {
      fd = native.nodeBind(this.#handle, request, this.type, port);
      return fd !== null;
    });
    if (fd !== null && fd >= 0) this.#pair = this.#open(fd);
    try {
      const { ip, port } = await binding;
      this.#address = { address: ip, family: isIP(ip) === 4 ? 'IPv4' : 'IPv6', port };
    } catch (error) {
      // A socket closes with its node, even while it is being bound.
      if (wasUp && this.#node.closing) this.#close();
      if (this.#closed) return;
      this.#bound = undefined;
      this.#pair?.removeAllListeners('close').destroy();
      throw systemError(error as Error, { syscall: 'bind', port });
    }
    // On the next tick, because the socket is bound even if a listener throws.
    process.nextTick(() => !this.#closed && this.emit('listening'));
  }

  #open(fd: number): net.Socket {
    const pair = new net.Socket({ fd, readable: true, writable: true });
    if (!this.#referenced) pair.unref();
    return pair
      .on('data', (piece) => this.#receive(piece))
      .on('error', () => {}) // 'close' follows
      .on('close', () => this.#close());
  }

  /** Resolves once the socket is bound, and binds it if necessary. */
  async #ready(): Promise<void> {
    if (this.#closed) throw notRunning();
    this.#bound ??= this.#bind(0);
    await this.#bound;
    if (this.#closed) throw notRunning();
  }

  async #send(payload: Uint8Array[], port: number, address: string): Promise<number> {
    const size = payload.reduce((sum, part) => sum + part.length, 0);
    const tooLong = Object.assign(new Error('send EMSGSIZE'), { code: 'EMSGSIZE' });
    if (size > MAX_PAYLOAD) throw systemError(tooLong, { syscall: 'send', address, port });
    await this.#ready();
    const frame = encodeDatagram(await this.#resolve(address), port, payload);
    await new Promise<void>((resolve, reject) => {
      this.#pair!.write(frame, (error) => (error ? reject(error) : resolve()));
    });
    return size;
  }

  async #resolve(address: string): Promise<string> {
    const family = this.type === 'udp4' ? 4 : 6;
    if (isIP(address) === family) return address;
    const ips = isIP(address) === 0 ? (await this.#whois(address)).node?.ips : undefined;
    const ip = ips?.find((candidate) => isIP(candidate) === family);
    if (ip) return ip;
    throw systemError(Object.assign(new Error(), { code: 'ENOTFOUND' }), { syscall: 'send', address });
  }

  #whois(name: string): Promise<Identity> {
    return this.#node
      .whois(name)
      .catch((error) => (error.code === 'ERR_TSEXPOSE_NOT_FOUND' ? unknownIdentity('', 0) : Promise.reject(error)));
  }

  #receive(piece: Buffer): void {
    for (const frame of this.#frames.read(piece)) {
      if (frame.kind === 'forget') this.#identities.clear();
      else if (frame.kind === 'identity') this.#identities.set(frame.ip, JSON.parse(frame.json));
      else this.#deliver(frame.ip, frame.port, frame.payload);
    }
  }

  #deliver(ip: string, port: number, payload: Buffer): void {
    if (this.#closed) return;
    if (this.#peer && (this.#peer.address !== ip || this.#peer.port !== port)) return;
    const identity = this.#identities.get(ip) ?? unknownIdentity(ip, port);
    const family = this.type === 'udp4' ? 'IPv4' : 'IPv6';
    this.emit('message', payload, { address: ip, family, port, size: payload.length, identity: { ...identity, port } });
  }

  /** Emits an error unless the socket has closed, or is closing with its node. */
  #fail(error: Error): void {
    if (!this.#closed && !this.#node.closing) this.emit('error', error);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pair?.destroy();
    process.nextTick(() => this.emit('close'));
  }
}

function socketError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function notRunning(): Error {
  return socketError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running');
}
