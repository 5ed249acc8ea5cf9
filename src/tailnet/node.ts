import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { nodeClosedError, redact, throwUncaught } from '../errors.ts';
import type { NodeState } from '../events.ts';
import { nativeRuntime, type Payload, type Runtime } from '../native/runtime.ts';
import type { TailnetEvents } from './events.ts';
import { type ForwardedPort, type Forwarder, type ForwardOptions, forward } from './net/forward.ts';
import { Ports } from './net/ports.ts';
import { openSocks, type SocksFailure } from './net/socks.ts';
import { checkOptions, checkUpOptions, type TailnetOptions, type UpOptions } from './options.ts';
import {
  checkHosting,
  checkServiceName,
  type HostServiceOptions,
  offer,
  type ServiceState,
  TailnetService,
} from './service.ts';
import { controlNameResolves, explainHealth } from './start/control-name.ts';
import { type Credentials, credentialsOf } from './start/credentials.ts';
import { checkState } from './start/state-file.ts';
import { removeAtExit } from './start/temporary-state.ts';
import { dismissed, loginNeeded, upTimedOut } from './start/up-failure.ts';
import { UpWait } from './start/up-wait.ts';
import type { Self } from './status.ts';

/** The life of a node: `up`, its state and events, the name it gets, `close`. `Tailnet` adds what a node can do. */
export class TailnetNode extends EventEmitter<TailnetEvents> {
  /** The name that was asked for. */
  readonly hostname: string;
  /** @internal */
  protected readonly runtime: Runtime = nativeRuntime();
  /** @internal */
  protected readonly handle: number;
  /** @internal */
  protected readonly ports = new Ports();
  #self: Self = { name: '', fqdn: '', ips: [], certDomains: [], magicDns: true };
  readonly #config: TailnetOptions & Credentials;
  #state: NodeState = 'stopped';
  #message: string | undefined;
  #health: string[] = [];
  #failure: Error | undefined;
  #referenced = false;
  #closing: Promise<void> | undefined;
  #forgetState = () => {};
  readonly #services = new Map<string, TailnetService>();

  /**
   * Creates a node, which does nothing before `up`.
   *
   * @throws TsexposeError for invalid options, and when the addon cannot be loaded
   */
  constructor(options: TailnetOptions) {
    super();
    checkOptions(options);
    const { log, clientSecret: _, ...rest } = options;
    this.#config = { ...rest, ...credentialsOf(options) };
    this.hostname = options.hostname;
    this.handle = this.runtime.binding.nodeNew(JSON.stringify({ ...this.#config, verbose: log !== undefined }));
    this.runtime.nodes.set(this.handle, (event) => this.#receive(event, log));
  }

  /** The name that the tailnet assigned; empty before `up`. */
  get name(): string {
    return this.#self.name;
  }

  /** MagicDNS full name without the trailing dot; empty before `up`. */
  get fqdn(): string {
    return this.#self.fqdn;
  }

  /** Tailnet addresses, IPv4 first; empty before `up`. */
  get ips(): string[] {
    return this.#self.ips;
  }

  /** Whether names resolve on the tailnet; true before `up`. */
  get magicDns(): boolean {
    return this.#self.magicDns;
  }

  /** What the node is doing: from `stopped` to `running`. */
  get state(): NodeState {
    return this.#state;
  }

  /** Why the node has closed itself: the control server told it to. Undefined otherwise. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Joins the tailnet and resolves once the node is running. An open node keeps the process alive; see `unref`.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_TIMEOUT`, `ERR_TSEXPOSE_RATE_LIMIT`, `ERR_TSEXPOSE_AUTH_KEY`,
   *   `ERR_TSEXPOSE_LOGIN_NEEDED`, `ERR_TSEXPOSE_STATE_IN_USE`, `ERR_TSEXPOSE_STATE_DIR`, `ERR_TSEXPOSE_CONTROL` or
   *   `ERR_TSEXPOSE_NODE_CLOSED`
   */
  async up(options: UpOptions = {}): Promise<void> {
    checkUpOptions(options);
    const { stateDir, resetState, controlUrl } = this.#config;
    if (stateDir !== undefined && !resetState && this.#state === 'stopped') checkState(stateDir);
    using wait = new UpWait(options, (timeout) => upTimedOut(timeout, this.#state, this.#health));
    const refuseLogin = (url: string) => wait.fail(loginNeeded(url));
    const refuse = () => wait.fail(nodeClosedError());
    if (options.login === 'fail') this.on('login', refuseLogin);
    this.once('close', refuse);
    try {
      await controlNameResolves(controlUrl, (trouble) => this.#hear(trouble ? [trouble] : []), wait.signal);
      this.#self = await this.runtime.call<Self>((b, request) => b.nodeUp(this.handle, request), wait.signal);
      this.#enter('running'); // the event may be a moment behind
      this.ref();
    } catch (error) {
      throw this.#failure ?? wait.explain(error);
    } finally {
      this.off('login', refuseLogin).off('close', refuse);
    }
  }

  /**
   * Leaves the tailnet. Stops accepting connections, gives open ones `timeout` milliseconds to end, and logs out if the
   * node is ephemeral. Safe to call at any time and more than once.
   *
   * @param options.timeout - `@default` 5000
   */
  close({ timeout = 5000 }: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  /**
   * Listens on a tailnet port and forwards its connections to a target, without passing bytes through JavaScript:
   * `onConnection` is told who is calling and calls `admit` or `destroy`.
   *
   * @example
   * ```ts
   * await tailnet.forward(5432, { target: 'localhost:5432', onConnection: (connection) => connection.admit() });
   * ```
   */
  async forward(port: number, options: ForwardOptions): Promise<Forwarder> {
    if (options.service !== undefined) checkServiceName(options.service);
    const forwarder = await forward(this.runtime, this.handle, port, options, () => this.ports.delete(forwarder));
    return this.ports.add(forwarder);
  }

  /**
   * Opens a SOCKS5 proxy on a port of 127.0.0.1 that leads to the tailnet, outside JavaScript.
   *
   * @internal
   */
  async socks5(port: number, onFailure: (failure: SocksFailure) => void): Promise<ForwardedPort> {
    const proxy = await openSocks(this.runtime, this.handle, port, onFailure, () => this.ports.delete(proxy));
    return this.ports.add(proxy);
  }

  /**
   * Makes the node a host of a Tailscale Service, whose callers the tailnet then routes to one of its hosts. The node has
   * to be tagged, and an admin has to approve it: see `approved` and `approval`. Serve the Service by listening with the
   * option `service`.
   *
   * @param service - such as `svc:web`
   * @throws TsexposeError `ERR_TSEXPOSE_SERVICE` for a node without tags, `ERR_TSEXPOSE_INVALID_OPTION` for a bad name
   * @example
   * ```ts
   * const tailnet = await Tailnet.up({ hostname: 'web-1', tags: ['tag:web'] });
   * const web = await tailnet.hostService('svc:web', { ports: [7] });
   * const server = await tailnet.listen(7, { service: 'svc:web' });
   * server.on('connection', (socket) => socket.end(`hello ${socket.identity.name}\n`));
   * await web.approval();
   * ```
   */
  async hostService(service: string, { ports = [], signal }: HostServiceOptions = {}): Promise<TailnetService> {
    checkHosting(service, ports);
    return this.#hosted(await offer(this.#asHost, service, { ports }, signal));
  }

  /** Returns a port that the node does not listen on. @internal */
  pickPort(): number {
    return this.ports.pick();
  }

  /** Lets the process exit while the node is open. */
  unref(): this {
    if (this.#referenced) this.runtime.unreference();
    this.#referenced = false;
    return this;
  }

  /** Keeps the process alive while the node is open, which is the default after `up`. */
  ref(): this {
    if (!this.#referenced && !this.#closing) {
      this.runtime.reference();
      this.#referenced = true;
    }
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether `close` was called. @internal */
  get closing(): boolean {
    return this.#closing !== undefined;
  }

  /** Runs when the node begins to close. @internal */
  protected leave(): void {}

  async #close(drain: number): Promise<void> {
    this.leave();
    this.ports.close();
    await this.runtime.call((b, request) => b.nodeClose(this.handle, request, drain));
    this.runtime.nodes.delete(this.handle);
    this.#forgetState();
    this.#state = 'stopped';
    this.unref();
    try {
      for (const service of this.#services.values()) service.end();
      this.emit('close');
    } catch (error) {
      throwUncaught(error); // the node has closed regardless
    }
  }

  /** The addresses of the node, or those of a Service that it hosts. @internal */
  protected addresses(service?: string): string[] {
    return service === undefined ? this.ips : (this.#services.get(service)?.ips ?? []);
  }

  get #asHost() {
    return { runtime: this.runtime, handle: this.handle };
  }

  #hosted(state: ServiceState): TailnetService {
    const known = this.#services.get(state.service);
    known?.update(state);
    const service = known ?? new TailnetService(this.#asHost, state);
    this.#services.set(state.service, service);
    return service;
  }

  #enter(state: NodeState, message?: string): void {
    if (state === this.#state && (message === undefined || message === this.#message)) return;
    this.#state = state;
    this.#message = message;
    this.emit('state', state, message);
  }

  #hear(messages: string[]): void {
    this.#health = messages;
    this.emit('health', messages);
  }

  // Also runs for the values that `up` has resolved with.
  #become(self: Self): void {
    if (isDeepStrictEqual(self, this.#self)) return;
    this.#self = self;
    this.emit('change');
  }

  #receive(event: Payload, log: TailnetOptions['log']): void {
    switch (event.type) {
      case 'state':
        this.#enter(event.state as NodeState, event.message as string | undefined);
        return;
      case 'login':
        this.emit('login', event.url as string);
        return;
      case 'health':
        this.#hear((event.messages as string[]).map(explainHealth));
        return;
      case 'crowded':
        this.emit(event.few ? 'fewFiles' : 'crowded', event.message as string);
        return;
      case 'change':
        this.#become(event.self as Self);
        return;
      case 'service':
        this.#hosted(event.service as ServiceState);
        return;
      case 'dismissed':
        this.#failure = dismissed(event.message as string);
        this.#enter('stopped', event.message as string);
        void this.close();
        return;
      case 'temporary':
        this.#forgetState = removeAtExit(event.path as string);
        return;
      case 'peers':
        this.emit('peers');
        return;
      case 'log':
        // rule: every log line is masked
        // mutate: redact(event.line as string) => event.line as string
        log?.(redact(event.line as string));
    }
  }
}
