import net, { isIP } from 'node:net';
import { throwUncaught } from '../../errors.ts';
import type { NodeState } from '../../events.ts';
import { type Identity, unknownIdentity } from '../../identity/identity.ts';
import { nativeRuntime } from '../../native/runtime.ts';
import { canonicalAddress, isOwnAddress } from '../net/ip.ts';
import { checkPort } from '../net/ports.ts';
import { errno } from '../net/system-error.ts';
import { type Lookup, type LookupCallback, resolveAddress } from './address.ts';
import { encodeDatagram, FrameReader } from './datagram-frame.ts';
import { BufferSizes, changeMembership, setMulticastInterface, setTtl } from './socket-option.ts';

/** What a UDP socket needs of its node. */
export interface DatagramNode {
  readonly state: NodeState;
  readonly closing: boolean;
  readonly ips: string[];
  whois(name: string): Promise<Identity>;
}

/** What a handle is made of. */
export interface UdpHandleOptions {
  type: 'udp4' | 'udp6';
  node: DatagramNode;
  /** The node's native handle. */
  handle: number;
  /** Resolves names in place of MagicDNS. */
  lookup?: Lookup;
  /** Runs when the socket has closed with its node. */
  onClosed: () => void;
}

/** A datagram on its way out, as dgram describes it. */
interface SendRequest {
  oncomplete?(error: number, sent: number): void;
}

/** Node's own handle of a UDP socket, which has no descriptor before it is bound. */
export interface NativeUdp {
  close(): void;
  /** Set by dgram once the socket is bound. */
  onmessage?(size: number, handle: NativeUdp, payload: Buffer, info: object): void;
}

const MAX_PAYLOAD = 65_507;
const OK = 0;

/**
 * What the handle of a `dgram.Socket` does: it has the methods of Node's `UDP`, and carries datagrams over the tailnet.
 * Everything that does not reach the network, such as checking arguments, is done by Node itself.
 *
 * Methods return 0 or a negative errno, as libuv's do.
 */
export class UdpHandle {
  /** The port that the next `lookup` binds. */
  port: unknown = 0;
  readonly #options: UdpHandleOptions;
  readonly #family: 4 | 6;
  readonly #identities = new Map<string, Identity>();
  readonly #frames = new FrameReader();
  readonly #buffers = new BufferSizes();
  #native: NativeUdp | undefined;
  #pair: net.Socket | undefined;
  #local: { ip: string; port: number } | undefined;
  #peer: { ip: string; port: number } | undefined;
  #refused = OK;
  #closed = false;
  #referenced = true;
  readonly #queued = { size: 0, count: 0 };

  constructor(given: UdpHandleOptions) {
    this.#options = given;
    this.#family = given.type === 'udp4' ? 4 : 6;
  }

  /** Puts its methods in place of those of Node's handle, which stays unbound. */
  takeOver(native: NativeUdp): void {
    this.#native = native;
    const close = () => {
      delete (native as Partial<NativeUdp>).close;
      native.close();
      this.#close();
    };
    const names = [...Object.getOwnPropertyNames(UdpHandle.prototype), ...Object.keys(this)] as (keyof this)[];
    for (const name of names) {
      const method = this[name];
      if (name in native && name !== 'constructor')
        Object.assign(native, { [name]: (method as () => void).bind(this) });
    }
    Object.assign(native, { close });
  }

  /** Resolves a name; before the socket is bound, this is where it is bound, as only this step may take its time. */
  lookup(address: string, callback: LookupCallback): void {
    if (this.#closed) return;
    const { node, onClosed } = this.#options;
    const wasUp = node.state === 'running';
    Promise.resolve(this.#local ? this.#resolve(address) : this.#bind(address))
      .then(
        (ip) => callback(null, ip),
        (error) => {
          if (this.#closed) return;
          // A socket closes with its node, whether it is bound by then or about to be.
          if (wasUp && node.closing) onClosed();
          else callback(error);
        },
      )
      .catch(throwUncaught);
  }

  bind(): number {
    return this.#refused;
  }

  bind6 = this.bind;

  connect(ip: string, port: number): number {
    this.#peer = { ip: canonicalAddress(ip), port };
    return OK;
  }

  connect6 = this.connect;

  disconnect(): number {
    this.#peer = undefined;
    return OK;
  }

  getsockname(out: object): number {
    return fill(out, this.#local) ?? errno('EBADF');
  }

  getpeername(out: object): number {
    return fill(out, this.#peer) ?? errno('ENOTCONN');
  }

  /** Sends a datagram: with a port and an address, or to the peer of a connected socket. */
  send(request: SendRequest, parts: NodeJS.ArrayBufferView[], _: number, port: number | boolean, ip?: string): number {
    const to = typeof port === 'number' ? { ip: ip!, port } : this.#peer!;
    const payload = parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
    const size = payload.reduce((sum, { length }) => sum + length, 0);
    if (size > MAX_PAYLOAD) return errno('EMSGSIZE');
    this.#queued.size += size;
    this.#queued.count += 1;
    this.#pair!.write(encodeDatagram(to.ip, to.port, payload), (error) => {
      this.#queued.size -= size;
      this.#queued.count -= 1;
      request.oncomplete?.(error ? errno('ECANCELED') : OK, size);
    });
    return OK;
  }

  send6 = this.send;

  /** Bytes that wait to be sent. */
  getSendQueueSize(): number {
    return this.#queued.size;
  }

  getSendQueueCount(): number {
    return this.#queued.count;
  }

  recvStart(): number {
    this.#pair?.on('data', (piece) => this.#receive(piece));
    return OK;
  }

  recvStop(): number {
    return OK;
  }

  ref(): void {
    this.#referenced = true;
    this.#pair?.ref();
  }

  unref(): void {
    this.#referenced = false;
    this.#pair?.unref();
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  setTTL = (ttl: number): number => setTtl(ttl, 1, this.#isBound);
  setMulticastTTL = (ttl: number): number => setTtl(ttl, 0, this.#isBound);
  setBroadcast = (): number => (this.#isBound ? OK : errno('EBADF'));
  setMulticastLoopback = this.setBroadcast;
  setMulticastInterface = (address: string): number => setMulticastInterface(address, this.#family);
  addMembership = (group: string): number => changeMembership(group, this.#family, 'ENODEV');
  dropMembership = (group: string): number => changeMembership(group, this.#family, 'EADDRNOTAVAIL');
  addSourceSpecificMembership = (_: string, group: string): number => this.addMembership(group);
  dropSourceSpecificMembership = (_: string, group: string): number => this.dropMembership(group);
  bufferSize = (size: number, receive: boolean, failure: object): number | undefined =>
    this.#buffers.change(size, receive ? 'recv' : 'send', this.#isBound, failure);

  #close(): void {
    this.#closed = true;
    this.#pair?.destroy();
  }

  get #isBound(): boolean {
    return this.#local !== undefined;
  }

  async #bind(address: string): Promise<string> {
    const wanted = typeof this.port === 'string' ? Number(this.port) : (this.port ?? 0);
    checkPort(wanted);
    this.#refused = OK;
    if (!isOwnAddress(address, this.#options.node.ips)) {
      this.#refused = errno('EADDRNOTAVAIL');
      return address;
    }
    let fd: number | null = null;
    const binding = nativeRuntime().call<{ ip: string; port: number }>((native, request) => {
      fd = native.nodeBind(this.#options.handle, request, this.#options.type, wanted);
      return fd !== null;
    });
    const pair = fd !== null && fd >= 0 ? this.#open(fd) : undefined;
    try {
      this.#local = await binding;
      if (pair?.destroyed) this.#options.onClosed();
    } catch (error) {
      pair?.destroy();
      const refused = errno((error as NodeJS.ErrnoException).code);
      if (!refused || this.#options.node.closing) throw error;
      this.#refused = refused;
    }
    return address;
  }

  #open(fd: number): net.Socket {
    this.#pair = new net.Socket({ fd, readable: true, writable: true });
    if (!this.#referenced) this.#pair.unref();
    return this.#pair
      .on('error', () => {}) // 'close' follows
      .on('close', () => this.#isBound && !this.#closed && this.#options.onClosed());
  }

  #resolve(address: string): Promise<string> | string {
    if (!address) return this.#local!.ip; // as dgram sends to its own computer
    return resolveAddress(address, this.#family, this.#options);
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
    if (this.#peer && (this.#peer.ip !== ip || this.#peer.port !== port)) return;
    const identity = { ...(this.#identities.get(ip) ?? unknownIdentity(ip, port)), port };
    const family = this.#family === 4 ? 'IPv4' : 'IPv6';
    const native = this.#native!;
    native.onmessage?.(payload.length, native, payload, { address: ip, family, port, size: payload.length, identity });
  }
}

/** Describes an endpoint as libuv does; returns undefined when there is none. */
function fill(out: object, endpoint: { ip: string; port: number } | undefined): number | undefined {
  if (!endpoint) return undefined;
  const { ip, port } = endpoint;
  Object.assign(out, { address: ip, family: isIP(ip) === 4 ? 'IPv4' : 'IPv6', port });
  return OK;
}
