import { isIP } from 'node:net';
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
  const { host, port, family, signal, timeout, allowHalfOpen } = options;
  const address = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
  const given = new AbortController();
  let fd: number | null = null;
  const outcome = runtime.call<NativeConnection>((binding, request) => {
    fd = binding.nodeConnect(node, request, family ? `tcp${family}` : 'tcp', address);
    return fd !== null;
  }, given.signal);

  const socket = new TailnetSocket(fd !== null && fd >= 0 ? fd : undefined, { allowHalfOpen, signal });
  if (onConnect) socket.once('connect', onConnect);
  const giveUp = () => given.abort();
  socket.once('close', giveUp);
  if (timeout) socket.setTimeout(timeout);
  outcome
    .then(
      (connection) => {
        socket.off('close', giveUp);
        if (socket.destroyed) return; // Go has noticed that our end is closed
        socket.establish(connection);
        if (isIP(host) === 0) socket.emit('lookup', null, connection.remote.ip, isIP(connection.remote.ip), host);
        socket.emit('connect');
        socket.emit('ready');
      },
      (error) => socket.destroy(systemError(error, { syscall: 'connect', address: host, port })),
    )
    .catch(throwUncaught);
  return socket;
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
