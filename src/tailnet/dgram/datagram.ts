import dgram from 'node:dgram';
import type { EventEmitter } from 'node:events';
import type { Identity } from '../../identity/identity.ts';
import type { Lookup } from './address.ts';
import { type DatagramNode, type NativeUdp, UdpHandle } from './udp-handle.ts';

/** The kinds of UDP socket. */
export type DatagramType = 'udp4' | 'udp6';

/** How to create a UDP socket: the options of `dgram.createSocket`. */
export interface DatagramOptions extends Omit<dgram.SocketOptions, 'lookup'> {
  /** Resolves names in place of MagicDNS. @default none */
  lookup?: Lookup;
}

/** Where a datagram came from, and from whom. */
export interface DatagramInfo extends dgram.RemoteInfo {
  /** Who sent it. */
  identity: Identity;
}

/** What `TailnetDatagramSocket` emits. */
export interface DatagramEvents {
  /** The socket is bound. */
  listening: [];
  /** The socket is connected. */
  connect: [];
  message: [message: Buffer, info: DatagramInfo];
  close: [];
  error: [error: Error];
}

/** What can be sent. */
export type DatagramPayload = DatagramPart | readonly DatagramPart[];

type DatagramPart = string | NodeJS.ArrayBufferView;
type BindArguments = [port?: number | string | dgram.BindOptions | (() => void) | null, ...rest: unknown[]];
type SendArguments = (number | string | null | undefined | SendCallback)[];
type SendCallback = (error: Error | null, bytes: number) => void;

/** The private state of a `dgram.Socket`. */
interface SocketState {
  handle: NativeUdp | null;
  /** Calls that wait until the socket is bound. */
  queue: unknown;
}

/** `dgram.Socket`, with events and arguments of our own. */
interface Base
  extends Omit<dgram.Socket, keyof EventEmitter | 'bind' | 'send' | 'connect' | 'close' | 'ref' | 'unref'> {
  bind(...args: unknown[]): this;
  send(...args: unknown[]): void;
  connect(...args: unknown[]): void;
  /** Closes the socket. */
  close(callback?: () => void): this;
  /** Keeps the process alive while the socket is open, which is the default. */
  ref(): this;
  /** Lets the process exit while the socket is open. */
  unref(): this;
}
const Base = dgram.Socket as unknown as new (
  options: DatagramType | DatagramOptions,
  onMessage: unknown,
) => Base & EventEmitter<DatagramEvents>;

/**
 * A UDP socket on the tailnet: a `dgram.Socket`. Created by `Tailnet.createSocket`. Datagrams that arrive while the event
 * loop is busy wait in a buffer of limited size; the rest is lost, as with UDP anywhere.
 *
 * A socket is bound to the node's address of its family. Without an address, it sends to the node itself. A tailnet has
 * no multicast and no broadcast: their methods do what they do on a network interface without it.
 *
 * @example
 * ```ts
 * const socket = tailnet.createSocket('udp4');
 * socket.on('message', (message, { address, port }) => socket.send(message, port, address));
 * socket.bind(7);
 * ```
 */
export class TailnetDatagramSocket extends Base {
  readonly #handle: UdpHandle;

  /** @internal */
  constructor(
    given: DatagramType | DatagramOptions,
    node: DatagramNode,
    nodeHandle: number,
    onMessage?: (...args: DatagramEvents['message']) => void,
  ) {
    super(given, onMessage); // which also checks the options
    const { type, lookup } = typeof given === 'string' ? { type: given } : given;
    this.#handle = new UdpHandle({ type, node, handle: nodeHandle, lookup, onClosed: () => this.#closeWithNode() });
    const { handle } = stateOf(this);
    if (handle !== null) this.#handle.takeOver(handle);
  }

  /**
   * Binds a port of the node, on its address of the socket's family; 0, the default, picks a free one.
   *
   * Takes the arguments of Node, except for `fd`. An address has to be one of the node, of loopback, or a wildcard, all
   * of which mean the same.
   */
  override bind(...args: BindArguments): this {
    const [first, second] = args;
    const given = typeof first === 'object' && first !== null ? first : { port: first, address: second };
    const { port, address, fd, recvStart } = given as Record<string, unknown>;
    if (fd !== undefined || recvStart !== undefined) throw unsupportedDescriptor();
    this.#handle.port = typeof port === 'function' ? undefined : port;
    // Always exclusive: in a cluster, Node would otherwise bind a port of this computer.
    const options = { port: this.#handle.port, address: typeof address === 'string' ? address : '', exclusive: true };
    return super.bind(options, args.at(-1) as () => void);
  }

  /**
   * Sends a datagram, with the arguments of Node. The address may be a MagicDNS name.
   *
   * The callback reports errors on this side only: a datagram may get lost.
   */
  override send(message: DatagramPayload, ...rest: SendArguments): void {
    const callback = rest.at(-1);
    if (stateOf(this).handle === null && typeof callback === 'function') process.nextTick(callback, notRunning(), 0);
    else super.send(message, ...rest);
  }

  /** Sets whom the socket sends to; it then hears only them. The address may be a MagicDNS name. */
  override connect(port: number, ...rest: unknown[]): void {
    if (stateOf(this).handle === null) throw notRunning();
    super.connect(port, ...rest);
  }

  #closeWithNode(): void {
    const state = stateOf(this);
    if (state.handle === null) return;
    state.queue = undefined; // what waits for the port would hold the socket open
    this.close();
  }
}

/** Returns what a `dgram.Socket` keeps for itself. Node has no public way to its handle. */
function stateOf(socket: object): SocketState {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  return (socket as Record<symbol, SocketState>)[symbol!]!;
}

function unsupportedDescriptor(): Error {
  return Object.assign(new TypeError('Unsupported fd type: UNKNOWN'), { code: 'ERR_INVALID_FD_TYPE' });
}

function notRunning(): Error {
  return Object.assign(new Error('Not running'), { code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' });
}
