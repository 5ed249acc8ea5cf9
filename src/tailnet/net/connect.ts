import type net from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { inspect } from 'node:util';
import { abortError } from '../../errors.ts';
import { type DialingNode, lookupWith } from './attempt.ts';
import { TailnetSocket } from './socket.ts';

/** Where to connect to, with those options of `net.connect` that apply to a tailnet. */
export interface ConnectOptions {
  /** A tailnet address, or a MagicDNS name such as `db` or `db.tail1234.ts.net`. */
  host: string;
  port: number;
  /** Resolves a name to an IPv4 (4) or IPv6 (6) address only; 0 takes either. @default 0 */
  family?: 0 | 4 | 6;
  /** Destroys the socket with an `AbortError`, whether or not it is connected. */
  signal?: AbortSignal;
  /** Milliseconds without activity until `'timeout'` is emitted, see `socket.setTimeout`. @default none */
  timeout?: number;
  /** Whether the socket stays writable after the peer has ended its side. @default false */
  allowHalfOpen?: boolean;
  /** How many bytes the socket buffers for reading, and for writing. @default Node's */
  highWaterMark?: number;
  /** Resolves the name in place of MagicDNS; as with Node. @default none */
  lookup?: net.LookupFunction;
  /** Whether to try every address that `lookup` finds, one after the other. @default Node's, which is true */
  autoSelectFamily?: boolean;
  /** Milliseconds until the next of them is tried. @default Node's */
  autoSelectFamilyAttemptTimeout?: number;
  /** An address of the node to connect from. @default one of the same family */
  localAddress?: string;
  /** Reads into one buffer, which goes to a callback, instead of emitting `'data'`. */
  onread?: net.OnReadOpts;
}

/**
 * Connects from a node. The socket is returned right away and buffers what is written until Go has connected.
 *
 * @internal
 */
export function connect(node: DialingNode, given: ConnectOptions, onConnect?: () => void): TailnetSocket {
  const options: ConnectOptions = { ...given };
  if (options.port !== undefined && typeof options.host !== 'string') throw invalidHost(options.host);
  const { signal, timeout } = options;
  const socket: TailnetSocket = new TailnetSocket({ node, redial }, socketOptions(options));
  function redial(args: unknown[]): net.TcpSocketConnectOpts {
    return connectOptions(socket, { ...options, ...connectArguments(args) });
  }
  if (signal?.aborted) process.nextTick(() => socket.destroy(abortError(signal)));
  else {
    if (onConnect) socket.once('connect', onConnect);
    if (timeout) socket.setTimeout(timeout);
    socket.dial(connectOptions(socket, options));
  }
  return socket;
}

/** Returns those of the options that are about the stream. */
function socketOptions(options: ConnectOptions & net.SocketConstructorOpts & DuplexOptions): net.SocketConstructorOpts {
  const { allowHalfOpen, onread, noDelay, keepAlive, keepAliveInitialDelay } = options as net.TcpNetConnectOpts;
  const { highWaterMark, readableHighWaterMark, writableHighWaterMark } = options;
  const { objectMode, readableObjectMode, writableObjectMode } = options;
  return {
    ...{ allowHalfOpen, onread, noDelay, keepAlive, keepAliveInitialDelay },
    ...{ highWaterMark, readableHighWaterMark, writableHighWaterMark },
    ...{ objectMode, readableObjectMode, writableObjectMode },
    signal: options.signal?.aborted ? undefined : options.signal,
  } as net.SocketConstructorOpts;
}

/** Returns those of the options that are about where to, for Node to check and to follow. */
function connectOptions(socket: TailnetSocket, given: ConnectOptions): net.TcpSocketConnectOpts {
  const options = given as ConnectOptions & Pick<net.TcpSocketConnectOpts, 'localPort' | 'hints'>;
  const { host, port, family = 0, localAddress, localPort, hints, lookup: own } = options;
  const { autoSelectFamily, autoSelectFamilyAttemptTimeout } = options;
  const magicDns = (name: string, only: 0 | 4 | 6) => socket.lookup({ host: name, port: Number(port), family: only });
  const takesOne = () => socket.isUnderTls;
  // Something that is not a function is left for Node to refuse.
  const lookup = own && typeof own !== 'function' ? own : lookupWith({ own: own ?? undefined, magicDns, takesOne });
  const addresses = { localAddress, localPort, hints, lookup, autoSelectFamily, autoSelectFamilyAttemptTimeout };
  return { host, port, family, ...addresses };
}

/** Reads the arguments of `net.Socket.connect` in all their forms but those of a path. */
function connectArguments([first, second]: unknown[]): Partial<ConnectOptions> {
  if (typeof first === 'object' && first !== null) return first;
  const host = typeof second === 'string' ? { host: second } : {};
  return typeof first === 'function' || first === undefined ? {} : { port: first as number, ...host };
}

function invalidHost(host: unknown): TypeError {
  const message = `The "options.host" property must be of type string. Received ${inspect(host)}`;
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

/**
 * Resolves once a socket is connected.
 *
 * @internal
 */
export async function connected(socket: TailnetSocket, signal: AbortSignal | undefined): Promise<TailnetSocket> {
  const abort = () => socket.destroy(abortError(signal!));
  signal?.addEventListener('abort', abort);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return socket;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
