import net, { isIP } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import { inspect } from 'node:util';
import { abortError, throwUncaught } from '../../errors.ts';
import type { NativeConnection, Runtime } from '../../native/runtime.ts';
import { TailnetSocket } from './socket.ts';
import { systemError } from './system-error.ts';

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
  /** Reads into one buffer, which goes to a callback, instead of emitting `'data'`. */
  onread?: net.OnReadOpts;
}

/**
 * Connects from a node. The socket is returned right away and buffers what is written until Go has connected.
 *
 * @internal
 */
export function connect(
  runtime: Runtime,
  node: number,
  options: ConnectOptions,
  onConnect?: () => void,
): TailnetSocket {
  const { host, port, family, timeout } = checkConnect(options);
  const address = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
  const given = new AbortController();
  let fd: number | null = null;
  const outcome = runtime.call<NativeConnection>((binding, request) => {
    fd = binding.nodeConnect(node, request, family ? `tcp${family}` : 'tcp', address);
    return fd !== null;
  }, given.signal);

  const socket = socketFor(fd, options);
  if (onConnect) socket.once('connect', onConnect);
  let isPending = true;
  socket.atEnd(() => isPending && given.abort());
  if (timeout) socket.setTimeout(timeout);
  outcome
    .then(
      (connection) => {
        isPending = false;
        if (socket.destroyed) return; // Go has noticed that our end is closed
        socket.establish(connection);
        process.nextTick(() => socket.startReading()); // once listeners have had the chance to pause it
        if (isIP(host) === 0) socket.emit('lookup', null, connection.remote.ip, isIP(connection.remote.ip), host);
        socket.emit('connect');
        socket.emit('ready');
      },
      (error) => socket.destroy(systemError(error, { syscall: 'connect', address: host, port })),
    )
    .catch(throwUncaught);
  return socket;
}

/** Creates the socket of a connection that Go is making, on its descriptor if it has one. */
function socketFor(descriptor: number | null, options: ConnectOptions): TailnetSocket {
  const { allowHalfOpen, signal, highWaterMark, onread } = options;
  const fd = descriptor !== null && descriptor >= 0 ? descriptor : undefined;
  return new TailnetSocket(fd, { allowHalfOpen, signal, highWaterMark, onread, manualStart: true } as object);
}

/**
 * Checks where to connect to, as Node does: by Node itself, on a socket that goes nowhere because its name never resolves.
 *
 * @throws a `TypeError` or a `RangeError` with Node's code
 */
function checkConnect(given: ConnectOptions): ConnectOptions {
  const options = { ...given } as ConnectOptions & net.TcpSocketConnectOpts & DuplexOptions;
  const { lookup, localAddress, localPort, hints, autoSelectFamily, autoSelectFamilyAttemptTimeout } = options;
  const { objectMode, readableObjectMode, writableObjectMode } = options;
  const never = typeof lookup === 'function' || !lookup ? () => {} : lookup;
  const probe = new net.Socket({ objectMode, readableObjectMode, writableObjectMode } as object);
  try {
    probe.connect({
      port: options.port,
      host: 'never',
      lookup: never,
      localAddress,
      localPort,
      hints,
      autoSelectFamily,
      autoSelectFamilyAttemptTimeout,
    });
  } finally {
    probe.destroy();
  }
  if (typeof options.host !== 'string') throw invalidHost(options.host);
  return { ...options, port: Number(options.port) };
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
