import type http from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type net from 'node:net';
import tls from 'node:tls';
import { throwUncaught } from '../../errors.ts';
import type { NodeState } from '../../events.ts';
import { checkPort } from '../net/ports.ts';
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
  listen(port: number, options: ListenOptions): Promise<TailnetServer>;
}

/**
 * Makes `server` listen on the tailnet: replaces everything about listening and leaves the rest to Node. Works for
 * `http`, `https` and `http2` servers, since all of them take connections as `'connection'` events.
 */
export function onTailnet<Server extends net.Server>(server: Server, node: Listens): Server {
  tellCallers(server);
  const listening = new Listening(server, node);
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
    getConnections: method((callback: CountCallback) => listening.count(callback)),
    ref: method(() => listening.reference(true)),
    unref: method(() => listening.reference(false)),
    address: { value: () => listening.port?.address() ?? null, configurable: true, writable: true },
    listening: { get: () => listening.port?.listening ?? false, configurable: true },
    maxConnections: {
      get: () => listening.maxConnections,
      set: (count: number | undefined) => listening.limit(count),
      configurable: true,
    },
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
    server.emit('connection', socket);
  });
  closeIdleWith(port, server);
  server.once('close', () => port.close());
  return port;
}

/** Whether a server takes half-open sockets, as Node would give it. Under TLS both directions end together. */
export function takesHalfOpen(server: net.Server): boolean {
  return !(server instanceof tls.Server);
}

type Callback = (error?: Error) => void;
type CountCallback = (error: Error | null, count: number) => void;

/** What a server does on the tailnet, from `listen` to `'close'`. */
class Listening {
  port: TailnetServer | undefined;
  maxConnections: number | undefined;
  readonly #server: net.Server;
  readonly #node: Listens;
  readonly #close: net.Server['close'];
  /** Open sessions of an HTTP/2 server. */
  readonly #sessions = new Set<ServerHttp2Session>();
  #opening: AbortController | undefined;
  #referenced = false;

  constructor(server: net.Server, node: Listens) {
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
    const { port, backlog, signal, callback } = listenArguments(args);
    if (callback) this.#server.once('listening', callback);
    this.#opening = new AbortController();
    const signals = signal ? AbortSignal.any([signal, this.#opening.signal]) : this.#opening.signal;
    const wasUp = this.#node.state === 'running';
    this.#node
      .listen(port, { backlog, signal: signals, allowHalfOpen: takesHalfOpen(this.#server) })
      .then(
        (opened) => this.#opened(opened),
        (error) => {
          // A server closes with its node, even while it opens its port or waits for its certificate.
          if (signals.aborted || (wasUp && this.#node.closing)) this.#closed();
          else this.#failed(error);
        },
      )
      .catch(throwUncaught);
  }

  close(callback?: Callback): void {
    if (!this.#opening) {
      // Node's own close reports that the server is not running.
      this.#close.call(this.#server, callback);
      return;
    }
    if (callback) this.#server.once('close', () => callback());
    this.#opening.abort();
  }

  count(callback: CountCallback): void {
    if (this.port) this.port.getConnections(callback);
    else process.nextTick(callback, null, 0);
  }

  limit(count: number | undefined): void {
    this.maxConnections = count;
    if (this.port) this.port.maxConnections = count ?? Number.POSITIVE_INFINITY;
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

  #opened(port: TailnetServer): void {
    this.port = port;
    if (this.#referenced) port.ref();
    this.limit(this.maxConnections);
    port.on('connection', (socket) => this.#server.emit('connection', socket));
    port.on('drop', (data) => this.#server.emit('drop', data));
    port.once('closing', () => {
      for (const session of this.#sessions) session.close(); // once its streams have ended
    });
    closeIdleWith(port, this.#server);
    port.once('close', () => this.#closed());
    // Node starts its timeouts and closeIdleConnections() at this event.
    this.#server.emit('listening');
  }

  #failed(error: Error): void {
    this.#opening = undefined;
    this.#server.emit('error', error);
  }

  #closed(): void {
    this.#opening = undefined;
    this.port = undefined;
    // Stops Node's timers and emits 'close'.
    this.#close.call(this.#server);
  }
}

interface ListenArguments {
  port: number;
  backlog?: number;
  signal?: AbortSignal;
  callback?: () => void;
}

/** Reads the arguments of `net.Server.listen` in all their forms. A host has no meaning here and is ignored. */
function listenArguments(args: unknown[]): ListenArguments {
  const callback = typeof args.at(-1) === 'function' ? (args.pop() as () => void) : undefined;
  const [first, second, third] = args;
  if (typeof first !== 'object' || first === null) {
    const backlog = [third, second].find((value) => typeof value === 'number') as number | undefined;
    return { port: portNumber(first ?? 0), backlog, callback };
  }
  const { port, backlog, signal } = first as net.ListenOptions;
  return { port: portNumber(port ?? 0), backlog, signal, callback };
}

function portNumber(value: unknown): number {
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  checkPort(port);
  return port;
}

/** How often a closing server looks for connections that have become idle, in milliseconds. */
const INTERVAL = 100;

/**
 * Closes a server's idle keep-alive connections while its tailnet port closes: they would keep it open until they time
 * out. A connection becomes idle after its last response, so this checks repeatedly.
 */
function closeIdleWith(port: TailnetServer, server: net.Server & { closeIdleConnections?(): void }): void {
  port.once('closing', () => {
    const close = () => server.closeIdleConnections?.();
    close();
    const timer = setInterval(close, INTERVAL).unref();
    port.once('close', () => clearInterval(timer));
  });
}
