import type http from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type net from 'node:net';
import { isIP } from 'node:net';
import { inspect } from 'node:util';
import { throwUncaught } from '../../errors.ts';
import type { NodeState } from '../../events.ts';
import { listensOn } from '../net/ip.ts';
import { type NodeServer, passOn, socketOptions } from '../net/node-server.ts';
import type { ListenOptions, TailnetServer } from '../net/server.ts';
import './request.ts';
import { tellCallers } from './caller.ts';

/** The overloads of `http.createServer`, for the tailnet. */
export interface CreateServer {
  (listener?: http.RequestListener): http.Server;
  (options: http.ServerOptions, listener?: http.RequestListener): http.Server;
}

/** What a server needs of the node. */
export interface Listens {
  readonly state: NodeState;
  readonly closing: boolean;
  readonly ips: string[];
  /** Returns a port that is free. */
  pickPort(): number;
  listen(port: number, options: ListenOptions): Promise<TailnetServer>;
}

/**
 * Makes `server` listen on the tailnet: replaces what a server does with its handle, which it does not have here, and
 * leaves the rest to Node. Works for `net`, `tls`, `http`, `https` and `http2` servers.
 */
export function onTailnet<Server extends net.Server>(server: Server, node: Listens): Server {
  tellCallers(server);
  const listening = new Listening(server as unknown as NodeServer, node);
  const method = (call: (...args: never[]) => void) => ({
    value: (...args: never[]) => {
      call(...args);
      return server;
    },
    configurable: true,
    writable: true,
  });
  Object.defineProperties(server, {
    listen: method((...args: unknown[]) => listening.listen(args)),
    close: method((callback?: Callback) => listening.close(callback)),
    ref: method(() => listening.reference(true)),
    unref: method(() => listening.reference(false)),
    address: { value: () => listening.address(), configurable: true, writable: true },
    listening: { get: () => listening.port !== undefined, configurable: true },
    [Symbol.asyncDispose]: { value: () => listening.dispose(), configurable: true, writable: true },
  });
  return server;
}

/** Passes the connections of a tailnet port to an existing server; see `Tailnet.attach`. */
export function attach(server: net.Server, port: TailnetServer): TailnetServer {
  tellCallers(server);
  let tracking = server.listening;
  server.once('listening', () => {
    tracking = true;
  });
  port.on('connection', (socket) => {
    // Node starts its timeouts and closeIdleConnections() at 'listening'; this server may never listen by itself.
    if (!tracking) server.emit('listening');
    passOn(server, socket, port);
  });
  closeIdleWith(port, server);
  // Not at 'close', which waits for the connections: the port would go on accepting them.
  const { close } = server;
  server.close = function (this: net.Server, ...args) {
    port.close();
    return close.apply(this, args);
  };
  server.once('close', () => port.close());
  return port;
}

type Callback = (error?: Error) => void;

/** What a server does on the tailnet, from `listen` to `close`. */
class Listening {
  /** The open port, once the server listens. */
  port: TailnetServer | undefined;
  readonly #server: NodeServer;
  readonly #node: Listens;
  readonly #close: net.Server['close'];
  /** Open sessions of an HTTP/2 server. */
  readonly #sessions = new Set<ServerHttp2Session>();
  /** Set from `listen` to `close`. */
  #opening: AbortController | undefined;
  /** The number of the port that is open, or about to be. */
  #number = 0;
  #where: Pick<ListenOptions, 'host' | 'ipv6Only'> = {};
  #referenced = false;

  constructor(server: NodeServer, node: Listens) {
    this.#server = server;
    this.#node = node;
    this.#close = server.close;
    server.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
  }

  listen(args: unknown[]): void {
    if (this.#opening) {
      const error = new Error('Listen method has been called more than once without closing.');
      throw Object.assign(error, { code: 'ERR_SERVER_ALREADY_LISTEN' });
    }
    const { port, signal, callback, ...where } = listenArguments(args);
    if (signal !== undefined) closeWith(signal, this.#server);
    if (callback) this.#server.once('listening', callback);
    const opening = new AbortController();
    this.#opening = opening;
    const wasUp = this.#node.state === 'running';
    this.#where = where;
    this.#open(port, { ...where, signal: opening.signal, ...socketOptions(this.#server) })
      .then(
        (opened) => {
          if (opening.signal.aborted) opened.close();
          else this.#opened(opened);
        },
        (error) => {
          if (opening.signal.aborted) return;
          // A server closes with its node, even while it opens its port or waits for its certificate.
          if (wasUp && this.#node.closing) this.close();
          else this.#failed(error);
        },
      )
      .catch(throwUncaught);
  }

  /** Closes the port, after which the server can listen again; Node emits `'close'` once no connection is left. */
  close(callback?: Callback): void {
    if (this.#opening) {
      if (typeof callback === 'function') this.#server.once('close', () => callback());
      this.#opening.abort();
      this.#opening = undefined;
      this.port?.close();
      this.port = undefined;
      this.#close.call(this.#server);
    } else {
      this.#close.call(this.#server, callback); // which reports that the server is not running
    }
  }

  /** Returns the address that the server has from `listen` on, or null: before, or where the node has none yet. */
  address(): net.AddressInfo | null {
    if (!this.#opening) return null;
    if (this.port) return this.port.address();
    const [address] = listensOn(this.#node.ips, this.#where);
    return address ? { address, family: `IPv${isIP(address)}`, port: this.#number } : null;
  }

  reference(referenced: boolean): void {
    this.#referenced = referenced;
    if (referenced) this.port?.ref();
    else this.port?.unref();
  }

  async dispose(): Promise<void> {
    if (!this.#opening) return;
    await new Promise<void>((resolve) => this.close(() => resolve()));
  }

  /** Opens a port; for 0, one that is known before it is open, as with Node. */
  async #open(port: number, options: ListenOptions): Promise<TailnetServer> {
    this.#number = port || this.#node.pickPort();
    for (;;) {
      try {
        return await this.#node.listen(this.#number, options);
      } catch (error) {
        if (port !== 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
        this.#number = this.#node.pickPort();
      }
    }
  }

  #opened(port: TailnetServer): void {
    this.port = port;
    if (this.#referenced) port.ref();
    port.on('connection', (socket) => passOn(this.#server, socket, port));
    port.once('closing', () => {
      if (this.port === port) this.close(); // with its node
      for (const session of this.#sessions) session.close(); // once its streams have ended
    });
    closeIdleWith(port, this.#server);
    // Node starts its timeouts and closeIdleConnections() at this event.
    this.#server.emit('listening');
  }

  #failed(error: Error): void {
    this.#opening = undefined;
    this.#server.emit('error', error);
  }
}

/** Closes a server when a signal fires, as the option of `net.Server.listen` does. */
function closeWith(signal: AbortSignal, server: net.Server): void {
  if (!(signal instanceof AbortSignal)) {
    const message = `The "options.signal" property must be an AbortSignal. Received ${inspect(signal)}`;
    throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  const close = () => server.close();
  if (signal.aborted) process.nextTick(close);
  else {
    signal.addEventListener('abort', close);
    server.once('close', () => signal.removeEventListener('abort', close));
  }
}

interface ListenArguments extends Pick<ListenOptions, 'backlog' | 'host' | 'ipv6Only' | 'signal'> {
  port: number;
  callback?: () => void;
}

/** Reads the arguments of `net.Server.listen` in all their forms. */
function listenArguments(args: unknown[]): ListenArguments {
  const callback = typeof args.at(-1) === 'function' ? (args.pop() as () => void) : undefined;
  const [first, second, third] = args;
  if (typeof first === 'object' && first !== null) {
    const { port, backlog, signal, host, ipv6Only } = first as net.ListenOptions;
    if (port === undefined && 'path' in first) throw invalidListen(first, 'is invalid');
    if (port === undefined && !('port' in first)) throw invalidListen(first, 'must have the property "port" or "path"');
    return { port: portNumber(port, first), backlog, signal, host, ipv6Only, callback };
  }
  const backlog = [third, second].find((value) => typeof value === 'number') as number | undefined;
  return { port: portNumber(first, first), backlog, host: typeof second === 'string' ? second : undefined, callback };
}

/**
 * Checks a port as `net.Server.listen` does.
 *
 * @throws a `RangeError` or a `TypeError` with Node's code
 */
function portNumber(value: unknown, given: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' && typeof value !== 'string') throw invalidListen(given, 'is invalid');
  const port = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535) return port as number;
  const message = `options.port should be >= 0 and < 65536. Received type ${typeof value} (${inspect(value)}).`;
  throw Object.assign(new RangeError(message), { code: 'ERR_SOCKET_BAD_PORT' });
}

function invalidListen(given: unknown, problem: string): TypeError {
  const message = `The argument 'options' ${problem}. Received ${inspect(given)}`;
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
}

/** How often a closing server looks for connections that have become idle, in milliseconds. */
const INTERVAL = 100;

/**
 * Closes a server's idle keep-alive connections while its tailnet port closes: they would keep it open until they time
 * out. A connection becomes idle after its last response, so this checks repeatedly; the first check is Node's own, when
 * the server closes.
 */
function closeIdleWith(port: TailnetServer, server: net.Server & { closeIdleConnections?(): void }): void {
  port.once('closing', () => {
    const timer = setInterval(() => server.closeIdleConnections?.(), INTERVAL).unref();
    port.once('close', () => clearInterval(timer));
  });
}
