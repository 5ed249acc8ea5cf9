import http from 'node:http';
import type https from 'node:https';
import type net from 'node:net';
import type { Agent } from 'undici';
import { abortError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import { type CertificateOptions, getCertificate, type TailnetCertificate } from './certificate/certificate.ts';
import type { DatagramEvents, DatagramOptions, DatagramType } from './dgram/datagram.ts';
import { TailnetDatagramSocket } from './dgram/datagram.ts';
import type { TailnetAgent, TailnetSecureAgent } from './http/agent.ts';
import { HttpClients } from './http/clients.ts';
import { attach, type CreateServer, onTailnet } from './http/on-tailnet.ts';
import { type CreateSecureServer, makeSecureServer } from './http/secure-server.ts';
import { type LocalApiBody, type LocalApiOptions, requestLocalApi, toResponse } from './local-api.ts';
import { type ConnectOptions, connect, connected } from './net/connect.ts';
import { socketOptions } from './net/node-server.ts';
import { type ListenOptions, listen, type TailnetServer } from './net/server.ts';
import { addressOf, type Peer, type TailnetSocket } from './net/socket.ts';
import { TailnetNode } from './node.ts';
import type { TailnetOptions, UpOptions } from './options.ts';
import { checkServiceName } from './service.ts';
import type { TailnetStatus } from './status.ts';
import { type TailnetChange, watch } from './watch.ts';

/**
 * A Tailscale node inside this process.
 *
 * @example
 * ```ts
 * const tailnet = await Tailnet.up({ hostname: 'hello', authKey: process.env.TS_AUTHKEY });
 * tailnet.createServer((req, res) => res.end(`hello ${req.tailscale?.name}\n`)).listen(80);
 * ```
 */
export class Tailnet extends TailnetNode {
  readonly #clients = new HttpClients(this);

  /**
   * Creates a node and waits until it is running.
   *
   * @throws what `up` throws
   * @example
   * ```ts
   * const tailnet = await Tailnet.up({ hostname: 'hello', ephemeral: true, timeout: 10_000 });
   * console.log(tailnet.fqdn, tailnet.ips);
   * await tailnet.close();
   * ```
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

  /**
   * Returns what the node knows about itself and its tailnet.
   *
   * @example
   * ```ts
   * const { peers } = await tailnet.status();
   * for (const { name, online } of peers) console.log(name, online);
   * ```
   */
  status({ signal }: { signal?: AbortSignal } = {}): Promise<TailnetStatus> {
    return this.runtime.call((b, request) => b.nodeStatus(this.handle, request), signal);
  }

  /**
   * Returns who owns a tailnet address: `ip`, `ip:port`, `[ip]:port` or a MagicDNS name of a device; or who is at the
   * other end of a socket or request.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_NOT_FOUND`
   * @example
   * ```ts
   * const { node } = await tailnet.whois(tailnet.ips[0]!);
   * console.log(node?.fqdn);
   * ```
   */
  async whois(peer: string | Peer, { signal }: { signal?: AbortSignal } = {}): Promise<Identity> {
    const address = typeof peer === 'string' ? peer : addressOf(peer);
    return this.runtime.call((b, request) => b.nodeWhois(this.handle, request, address), signal);
  }

  /**
   * Reports the current state of the node and its tailnet, then every change: states, logins, health, and devices that
   * join, change or leave. Ends when the node closes.
   *
   * @param options.signal - ends the iteration with an `AbortError`
   * @example
   * ```ts
   * for await (const change of tailnet.watch()) {
   *   console.log(change.type);
   *   if (change.type === 'peer' && change.peer.name === 'db') break;
   * }
   * ```
   */
  watch({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<TailnetChange> {
    return watch(this, signal);
  }

  /**
   * Listens on a tailnet port, on all of the node's addresses; with 0 the node picks a free port.
   *
   * @throws an error with the code `EADDRINUSE` when this node already listens on the port
   * @example
   * ```ts
   * const server = await tailnet.listen(7);
   * server.on('connection', (socket) => socket.pipe(socket));
   * ```
   */
  async listen(port: number, options: ListenOptions = {}): Promise<TailnetServer> {
    if (options.service !== undefined) checkServiceName(options.service);
    return this.ports.open(port, () =>
      listen(this.runtime, this.handle, port, options, () => this.addresses(options.service)),
    );
  }

  /**
   * Connects to a device on the tailnet by address or MagicDNS name. Returns the socket right away, while it is still
   * connecting; it emits `'connect'`, or `'error'` with one of Node's codes: `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`,
   * `EHOSTUNREACH`. Never connects to anything outside the tailnet.
   *
   * @example
   * ```ts
   * const socket = tailnet.connect({ host: 'db', port: 5432 }, () => console.log(socket.identity.node?.name));
   * ```
   */
  connect(options: ConnectOptions, onConnect?: () => void): TailnetSocket {
    return connect({ runtime: this.runtime, handle: this.handle, ips: () => this.ips }, options, onConnect);
  }

  /**
   * Connects like `connect`, and resolves with the socket once it is connected.
   *
   * @param options.signal - ends the wait with an `AbortError`; has no effect on a connected socket
   * @throws an error with one of Node's codes: `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`, `EHOSTUNREACH`
   * @example
   * ```ts
   * const socket = await tailnet.dial({ host: 'db', port: 5432, signal: AbortSignal.timeout(5000) });
   * socket.end();
   * ```
   */
  async dial({ signal, ...options }: ConnectOptions): Promise<TailnetSocket> {
    if (signal?.aborted) throw abortError(signal);
    return connected(this.connect(options), signal);
  }

  /**
   * Creates a UDP socket on the tailnet, which is a `dgram.Socket`. Each datagram comes with its sender's identity.
   *
   * @example
   * ```ts
   * const socket = tailnet.createSocket('udp4', (message, info) => console.log(`${info.identity.name}: ${message}`));
   * socket.bind(5000);
   * ```
   */
  createSocket(
    type: DatagramType | DatagramOptions,
    onMessage?: (...args: DatagramEvents['message']) => void,
  ): TailnetDatagramSocket {
    return new TailnetDatagramSocket(type, this, this.handle, onMessage);
  }

  /**
   * Creates an `http.Server` that listens on the tailnet. Each request knows who is calling: `req.tailscale`. Frameworks
   * can use it in place of Node's, and it works detached (`createServer: tailnet.createServer`).
   *
   * @example
   * ```ts
   * tailnet.createServer((req, res) => res.end(`hello ${req.tailscale?.name}\n`)).listen(80);
   * ```
   */
  readonly createServer: CreateServer = (...args: unknown[]) =>
    onTailnet(http.createServer(...(args as [http.ServerOptions, http.RequestListener])), this);

  /**
   * Creates an `https.Server`, or with `http2: true` an `http2` server, that listens on the tailnet. It gets a
   * certificate for the node's name before it listens, and renews it, unless the options contain one.
   *
   * @example
   * ```ts
   * tailnet.createSecureServer({ http2: true }, (req, res) => res.end(`hello ${req.tailscale?.name}`)).listen(443);
   * ```
   */
  readonly createSecureServer = ((...args: unknown[]) => makeSecureServer(this, args)) as CreateSecureServer;

  /**
   * Passes connections from the tailnet to an existing `http.Server`, `https.Server` or `http2` server, such as one that
   * a framework created, whether or not it listens elsewhere. The port closes together with that server.
   *
   * @example
   * ```ts
   * import http from 'node:http';
   * const server = http.createServer((req, res) => res.end(req.tailscale?.name)).listen(3000, 'localhost');
   * await tailnet.attach(server, { port: 80 });
   * ```
   */
  async attach(server: net.Server, options: ListenOptions & { port: number }): Promise<TailnetServer> {
    return attach(server, await this.listen(options.port, { ...options, ...socketOptions(server) }));
  }

  /**
   * Fetches over the tailnet, and only there: host names are MagicDNS names. It works detached.
   *
   * @example
   * ```ts
   * const notes = await (await tailnet.fetch('http://notes/api')).json();
   * ```
   */
  readonly fetch: typeof globalThis.fetch = this.#clients.fetch;

  /**
   * Creates an undici dispatcher that connects over the tailnet, for `undici.request` and whatever else takes one.
   *
   * @param options - those of undici's `Agent`; `connect` takes TLS options such as `ca`
   * @example
   * ```ts
   * import { request } from 'undici';
   * const { statusCode } = await request('http://notes', { dispatcher: tailnet.dispatcher() });
   * ```
   */
  dispatcher(options?: Agent.Options): Agent {
    return this.#clients.dispatcher(options);
  }

  /**
   * Creates an `http.Agent` that connects over the tailnet, for `http.get`, axios, got and ws.
   *
   * @param options - those of Node. `@default` `{ keepAlive: true }`
   * @example
   * ```ts
   * import http from 'node:http';
   * http.get('http://notes', { agent: tailnet.agent() }, (res) => res.pipe(process.stdout));
   * ```
   */
  agent(options?: http.AgentOptions): TailnetAgent {
    return this.#clients.agent(options);
  }

  /**
   * Creates an `https.Agent` that connects over the tailnet.
   *
   * @param options - those of Node. `@default` `{ keepAlive: true }`
   * @example
   * ```ts
   * import https from 'node:https';
   * https.get('https://notes.tail1234.ts.net', { agent: tailnet.secureAgent() }, (res) => res.pipe(process.stdout));
   * ```
   */
  secureAgent(options?: https.AgentOptions): TailnetSecureAgent {
    return this.#clients.secureAgent(options);
  }

  /**
   * Gets a certificate for the node's MagicDNS name. The first one takes a while: it is issued by Let's Encrypt, whose
   * public log then contains the name. After that it comes from the state directory until it is due for renewal.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_CERTIFICATE`
   * @example
   * ```ts
   * const { cert, key, validTo } = await tailnet.certificate();
   * ```
   */
  certificate(options: CertificateOptions = {}): Promise<TailnetCertificate> {
    return getCertificate(
      this,
      (path, signal) => requestLocalApi(this.runtime, this.handle, 'GET', path, undefined, { signal }),
      options,
    );
  }

  /**
   * Sends a request to this node's LocalAPI inside the process, without an open port or a secret. The response is
   * streamed.
   *
   * @param path - such as `status`, short for `/localapi/v0/status`
   * @param body - objects are sent as JSON
   * @example
   * ```ts
   * const response = await tailnet.localApi('GET', 'status');
   * const { BackendState } = (await response.json()) as { BackendState: string };
   * ```
   */
  async localApi(method: string, path: string, body?: LocalApiBody, options: LocalApiOptions = {}): Promise<Response> {
    return toResponse(await requestLocalApi(this.runtime, this.handle, method, path, body, options));
  }

  /** @internal */
  protected override leave(): void {
    this.#clients.close();
  }
}
