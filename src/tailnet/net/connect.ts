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
  /** Resolves the name in place of MagicDNS; as with Node. @default none */
  lookup?: net.LookupFunction;
  /** Reads into one buffer, which goes to a callback, instead of emitting `'data'`. */
  onread?: net.OnReadOpts;
}

/** A connection that Go is making. */
interface Dialing {
  /** Our end of it; undefined if there is none because the node is closed. */
  fd: number | undefined;
  outcome: Promise<NativeConnection>;
  giveUp(): void;
}

/**
 * Connects from a node. The socket is returned right away and buffers what is written until Go has connected.
 *
 * @internal
 */
export function connect(runtime: Runtime, node: number, given: ConnectOptions, onConnect?: () => void): TailnetSocket {
  const options = checkConnect(given);
  const { host, lookup, signal, timeout } = options;
  if (signal?.aborted) return abortedSocket(signal);
  const isLookedUp = lookup !== undefined && isIP(host) === 0;
  const dialing = isLookedUp ? undefined : dial(runtime, node, host, options);
  const socket = new TailnetSocket(dialing?.fd, socketOptions(options));
  if (onConnect) socket.once('connect', onConnect);
  if (timeout) socket.setTimeout(timeout);
  if (dialing) follow(socket, dialing, options);
  if (isLookedUp)
    lookUp(socket, options, (ip) => {
      const late = dial(runtime, node, ip, options);
      if (late.fd !== undefined) socket.adopt(late.fd);
      follow(socket, late, { host: ip, port: options.port });
    });
  return socket;
}

/** Creates a socket that fails. Node's own is opened again by its descriptor, after its signal has destroyed it. */
function abortedSocket(signal: AbortSignal): TailnetSocket {
  const socket = new TailnetSocket(undefined);
  process.nextTick(() => socket.destroy(abortError(signal)));
  return socket;
}

/** Returns those of the options that are about the stream. */
function socketOptions(options: ConnectOptions & DuplexOptions): net.SocketConstructorOpts {
  const { allowHalfOpen, signal, onread, highWaterMark, readableHighWaterMark, writableHighWaterMark } = options;
  const buffering = { highWaterMark, readableHighWaterMark, writableHighWaterMark };
  return { allowHalfOpen, signal, onread, ...buffering, manualStart: true } as net.SocketConstructorOpts;
}

function dial(runtime: Runtime, node: number, host: string, { port, family }: ConnectOptions): Dialing {
  const address = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
  const given = new AbortController();
  let fd: number | null = null;
  const outcome = runtime.call<NativeConnection>((binding, request) => {
    fd = binding.nodeConnect(node, request, family ? `tcp${family}` : 'tcp', address);
    return fd !== null;
  }, given.signal);
  return { fd: fd !== null && fd >= 0 ? fd : undefined, outcome, giveUp: () => given.abort() };
}

/** Tells a socket how its connection turns out. */
function follow(socket: TailnetSocket, { outcome, giveUp }: Dialing, { host, port }: ConnectOptions): void {
  let isPending = true;
  socket.atEnd(() => isPending && giveUp());
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
      (reason) => {
        const error = systemError(reason, { syscall: 'connect', address: host, port });
        if (reason.code === 'ENOTFOUND') socket.emit('lookup', error, undefined, undefined, host);
        socket.destroy(error);
      },
    )
    .catch(throwUncaught);
}

/** Resolves the name of a socket's peer by a function of the caller's own. */
function lookUp(socket: TailnetSocket, options: ConnectOptions, found: (ip: string) => void): void {
  const { host, port, family = 0, lookup } = options;
  lookup!(host, { family }, (error, ip, resolvedFamily) => {
    if (socket.destroyed) return;
    socket.emit('lookup', error, ip, resolvedFamily, host);
    if (error) process.nextTick(() => socket.destroy(error));
    else if (isIP(ip as string) === 0) refuse(socket, `Invalid IP address: ${ip}`, 'ERR_INVALID_IP_ADDRESS');
    else if (resolvedFamily !== undefined && resolvedFamily !== 4 && resolvedFamily !== 6)
      refuse(socket, `Invalid address family: ${resolvedFamily} ${host}:${port}`, 'ERR_INVALID_ADDRESS_FAMILY', {
        host,
        port,
      });
    else found(ip as string);
  });
}

function refuse(socket: TailnetSocket, message: string, code: string, details: object = {}): void {
  const BadAddress = code === 'ERR_INVALID_IP_ADDRESS' ? TypeError : RangeError;
  const error = Object.assign(new BadAddress(message), { code, ...details });
  process.nextTick(() => socket.destroy(error));
}

/**
 * Checks where to connect to, as Node does: by Node itself, on a socket that goes nowhere because its name never resolves.
 *
 * @throws a `TypeError` or a `RangeError` with Node's code
 */
function checkConnect(given: ConnectOptions): ConnectOptions {
  const options = { ...given } as ConnectOptions & Omit<net.TcpSocketConnectOpts, 'family'> & DuplexOptions;
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
  return { ...options, port: Number(options.port), lookup: lookup ?? undefined };
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
