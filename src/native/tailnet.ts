import http from 'node:http';
import { abortError, TsexposeError } from '../errors.ts';
import { attach } from '../http/attach.ts';
import { onTailnet } from '../http/on-tailnet.ts';
import type { Identity } from '../identity/identity.ts';
import { type ConnectOptions, connect } from './connect.ts';
import { TailnetNode } from './node.ts';
import type { TailnetOptions, UpOptions } from './options.ts';
import { TailnetServer } from './server.ts';
import type { TailnetSocket } from './socket.ts';
import type { TailnetStatus } from './status.ts';
import { systemError } from './system-error.ts';

export type { TailnetOptions, UpOptions } from './options.ts';
export type { TailnetPeer, TailnetStatus } from './status.ts';

/** How to listen on a tailnet port. */
export interface ListenOptions {
  /** How many connections may wait for a busy event loop before further ones are refused. @default 4096 */
  backlog?: number;
  /** Whether sockets stay writable after the peer has ended its side; they then have to be ended. @default false */
  allowHalfOpen?: boolean;
  /** Closes the server, or gives up before it listens. */
  signal?: AbortSignal;
}

/**
 * A Tailscale node inside this process.
 *
 * @example
 * ```ts
 * await using tailnet = await Tailnet.up({ hostname: 'hello', authKey: process.env.TS_AUTHKEY });
 * tailnet.createServer((req, res) => res.end(`hello ${req.tailscale?.name}\n`)).listen(80);
 * ```
 */
export class Tailnet extends TailnetNode {
  readonly #servers = new Set<TailnetServer>();

  /**
   * Makes a node and waits until it runs.
   *
   * @throws what `up` throws
   */
  static async up(options: TailnetOptions & UpOptions): Promise<Tailnet> {
    const { signal, timeout, login, ...rest } = options;
    const tailnet = new Tailnet(rest);
    try {
      await tailnet.up({ signal, timeout, login });
      return tailnet;
    } catch (error) {
      await tailnet.close({ timeout: 0 });
      throw error;
    }
  }

  /** What the node knows about itself and its tailnet. */
  status({ signal }: { signal?: AbortSignal } = {}): Promise<TailnetStatus> {
    return this.runtime.call((b, request) => b.nodeStatus(this.handle, request), signal);
  }

  /**
   * Who owns a tailnet address: `ip`, `ip:port`, `[ip]:port`, a device's MagicDNS name; or who is at the other end of a
   * socket or request.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_NOT_FOUND`
   */
  async whois(peer: string | Peer, { signal }: { signal?: AbortSignal } = {}): Promise<Identity> {
    const address = typeof peer === 'string' ? peer : addressOf(peer);
    return this.runtime.call((b, request) => b.nodeWhois(this.handle, request, address), signal);
  }

  /**
   * Listens on a tailnet port, on all of the node's addresses; 0 lets the node choose one.
   *
   * @throws an error with the code `EADDRINUSE` when this node listens on the port already
   * @example
   * ```ts
   * const server = await tailnet.listen(7);
   * server.on('connection', (socket) => socket.pipe(socket));
   * ```
   */
  async listen(
    port: number,
    { backlog = 4096, allowHalfOpen = false, signal }: ListenOptions = {},
  ): Promise<TailnetServer> {
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', `Expected a port from 0 to 65535, got ${port}.`);
    }
    const opened = await this.runtime
      .call<{ listener: number; port: number }>(
        (b, request) => b.nodeListen(this.handle, request, port, backlog),
        signal,
      )
      .catch((error) => Promise.reject(systemError(error, { syscall: 'listen', address: this.ips[0], port })));
    const ips = () => this.ips;
    const server = new TailnetServer({ handle: opened.listener, port: opened.port, ips, allowHalfOpen });
    this.#servers.add(server);
    server.once('closing', () => this.#servers.delete(server));
    if (signal?.aborted) {
      await server.close();
      throw abortError(signal);
    }
    const close = () => server.close();
    signal?.addEventListener('abort', close);
    server.once('closing', () => signal?.removeEventListener('abort', close));
    return server;
  }

  /**
   * Connects to a device of the tailnet by address or MagicDNS name. The socket is there at once, in the state
   * `connecting`, and emits `'connect'` or `'error'` with Node's own codes: `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`,
   * `EHOSTUNREACH`.
   *
   * @example
   * ```ts
   * const socket = tailnet.connect({ host: 'db', port: 5432 }, () => console.log(socket.identity.node?.name));
   * ```
   */
  connect(options: ConnectOptions, onConnect?: () => void): TailnetSocket {
    const socket = connect(this.runtime, this.handle, options);
    if (onConnect) socket.once('connect', onConnect);
    return socket;
  }

  /**
   * Connects like `connect`, and resolves with the socket when it is connected.
   *
   * @param options.signal - ends the wait, with an `AbortError`; it does nothing to a connected socket
   * @throws an error with Node's own code: `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`, `EHOSTUNREACH`
   */
  async dial({ signal, ...options }: ConnectOptions): Promise<TailnetSocket> {
    if (signal?.aborted) throw abortError(signal);
    const socket = this.connect(options);
    const abort = () => socket.destroy(abortError(signal!));
    signal?.addEventListener('abort', abort);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', () => {
          socket.off('error', reject);
          resolve();
        });
        socket.once('error', reject);
      });
      return socket;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Makes an `http.Server` whose `listen` is on the tailnet. Each request knows who is calling: `req.tailscale`.
   * Frameworks take it as they take Node's; it may be passed on by itself (`createServer: tailnet.createServer`).
   *
   * @example
   * ```ts
   * tailnet.createServer((req, res) => res.end(`hello ${req.tailscale?.name}\n`)).listen(80);
   * ```
   */
  readonly createServer: CreateServer = (...args: unknown[]) =>
    onTailnet(http.createServer(...(args as [http.ServerOptions, http.RequestListener])), this);

  /**
   * Lets a server that exists take connections from the tailnet as well: an `http.Server`, `https.Server` or `http2`
   * server that a framework made, listening elsewhere or not at all. It closes with that server.
   *
   * @returns the tailnet's listening port
   * @example
   * ```ts
   * const server = http.createServer(app).listen(3000, 'localhost');
   * await tailnet.attach(server, { port: 80 });
   * ```
   */
  async attach(server: import('node:net').Server, options: ListenOptions & { port: number }): Promise<TailnetServer> {
    const port = await this.listen(options.port, { ...options, allowHalfOpen: true });
    attach(server, port);
    return port;
  }

  /** @internal */
  protected override leave(): void {
    for (const server of this.#servers) server.close();
  }
}

/** A socket or a request, as far as its peer's address goes. */
export type Peer = { remoteAddress?: string; remotePort?: number } | { socket: Peer };

/** `http.createServer`, for the tailnet. */
export interface CreateServer {
  (listener?: http.RequestListener): http.Server;
  (options: http.ServerOptions, listener?: http.RequestListener): http.Server;
}

function addressOf(peer: Peer): string {
  const { remoteAddress, remotePort } =
    'socket' in peer ? (peer.socket as { remoteAddress?: string; remotePort?: number }) : peer;
  if (!remoteAddress) throw new TsexposeError('ERR_TSEXPOSE_NOT_FOUND', 'The socket is not connected: it has no peer.');
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
