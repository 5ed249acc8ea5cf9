import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { TsexposeError, throwUncaught } from '../errors.ts';
import type { NodeState } from '../events.ts';
import { nativeRuntime, type Payload, type Runtime } from '../native/runtime.ts';
import { type Forwarder, type ForwardOptions, forward } from './net/forward.ts';
import { Ports } from './net/ports.ts';
import { checkOptions, checkUpOptions, type TailnetOptions, type UpOptions } from './options.ts';
import { checkHosting, type HostServiceOptions, offer, type ServiceState, TailnetService } from './service.ts';
import { removeAtExit } from './temporary-state.ts';

/** What a node emits. */
export interface TailnetEvents {
  /** The node is somewhere else on its way; the second value explains it. */
  state: [state: NodeState, message?: string];
  /** Somebody has to open this URL and log in. */
  login: [url: string];
  /** What does not work just now has changed; an empty array means that all is well. */
  health: [messages: string[]];
  /** The name, the addresses, or whether there can be certificates has changed. */
  change: [];
  /** Devices of the tailnet have come, gone or changed; `Tailnet.watch` tells which. */
  peers: [];
  close: [];
}

interface Self {
  name: string;
  fqdn: string;
  ips: string[];
  certDomains: string[];
}

/** A node's life: up, the events on the way, the name it gets, close. `Tailnet` adds what can be done with it. */
export class TailnetNode extends EventEmitter<TailnetEvents> {
  /** The name asked for. */
  readonly hostname: string;
  /** @internal */
  protected readonly runtime: Runtime = nativeRuntime();
  /** @internal */
  protected readonly handle: number;
  /** @internal */
  protected readonly ports = new Ports();
  #self: Self = { name: '', fqdn: '', ips: [], certDomains: [] };
  #state: NodeState = 'stopped';
  #health: string[] = [];
  #referenced = false;
  #closing: Promise<void> | undefined;
  #forgetState = () => {};
  readonly #services = new Map<string, TailnetService>();

  /**
   * Prepares a node; nothing starts before `up`.
   *
   * @throws TsexposeError for options that make no sense, and when the addon cannot be loaded
   */
  constructor(options: TailnetOptions) {
    super();
    checkOptions(options);
    const { log, ...config } = options;
    this.hostname = options.hostname;
    this.handle = this.runtime.binding.nodeNew(JSON.stringify({ ...config, verbose: log !== undefined }));
    this.runtime.nodes.set(this.handle, (event) => this.#receive(event, log));
  }

  /** The name that the tailnet gave; empty before `up`. */
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

  /** Where the node is on its way. */
  get state(): NodeState {
    return this.#state;
  }

  /**
   * Joins the tailnet and resolves when the node runs there. An open node keeps the process alive, see `unref`.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_TIMEOUT`, `ERR_TSEXPOSE_AUTH_KEY`, `ERR_TSEXPOSE_LOGIN_NEEDED`,
   *   `ERR_TSEXPOSE_STATE_IN_USE`, `ERR_TSEXPOSE_STATE_DIR`, `ERR_TSEXPOSE_CONTROL` or `ERR_TSEXPOSE_NODE_CLOSED`
   */
  async up(options: UpOptions = {}): Promise<void> {
    checkUpOptions(options);
    const { signal, timeout = 60_000, login = 'wait' } = options;
    const inner = new AbortController();
    const timer = timeout > 0 ? setTimeout(() => inner.abort(this.#timeoutError(timeout)), timeout) : undefined;
    const refuseLogin = (url: string) => inner.abort(loginNeeded(url));
    if (login === 'fail') this.on('login', refuseLogin);
    const both = signal ? AbortSignal.any([signal, inner.signal]) : inner.signal;
    try {
      this.#self = await this.runtime.call<Self>((b, request) => b.nodeUp(this.handle, request), both);
      this.#enter('running'); // the event may be a moment behind
      this.ref();
    } catch (error) {
      throw inner.signal.aborted && !signal?.aborted ? inner.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.off('login', refuseLogin);
    }
  }

  /**
   * Leaves the tailnet: no new connections, existing ones get `timeout` milliseconds to end, an ephemeral node logs
   * out. Safe to call at any time and more than once.
   *
   * @param options.timeout - `@default` 5000
   */
  close({ timeout = 5000 }: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  /**
   * Listens on a tailnet port and joins its connections to a service of this machine, outside JavaScript: `onConnection`
   * knows who is calling and calls `admit` or `destroy`.
   *
   * @example
   * ```ts
   * await tailnet.forward(5432, { target: 'localhost:5432', onConnection: (connection) => connection.admit() });
   * ```
   */
  async forward(port: number, options: ForwardOptions): Promise<Forwarder> {
    const forwarder = await forward(this.runtime, this.handle, port, options, () => this.ports.delete(forwarder));
    return this.ports.add(forwarder);
  }

  /**
   * Makes the node a host of a Tailscale Service, whose visitors the control server then sends here or to another host.
   * The node has to be tagged, and an admin has to approve it: see `approved` and `approval`. What is to be served is
   * listened on with the option `service`.
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

  /** Lets the process end while the node is open. */
  unref(): this {
    if (this.#referenced) this.runtime.unreference();
    this.#referenced = false;
    return this;
  }

  /** Keeps the process alive while the node is open, as is the case after `up`. */
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

  /** Called when the node begins to close. @internal */
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
      throwUncaught(error); // the node is closed all the same
    }
  }

  /** Where something listens: the node's own addresses, or those of a Service. @internal */
  protected addresses(service?: string): string[] {
    return service === undefined ? this.ips : (this.#services.get(service)?.ips ?? []);
  }

  get #asHost() {
    return { runtime: this.runtime, handle: this.handle };
  }

  #hosted(state: ServiceState): TailnetService {
    let service = this.#services.get(state.service);
    if (service) service.update(state);
    else {
      service = new TailnetService(this.#asHost, state);
      this.#services.set(state.service, service);
    }
    return service;
  }

  #enter(state: NodeState, message?: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('state', state, message);
  }

  // What `up` resolved with is told as well.
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
        this.#health = event.messages as string[];
        this.emit('health', this.#health);
        return;
      case 'change':
        this.#become(event.self as Self);
        return;
      case 'service':
        this.#hosted(event.service as ServiceState);
        return;
      case 'temporary':
        this.#forgetState = removeAtExit(event.path as string);
        return;
      case 'peers':
        this.emit('peers');
        return;
      case 'log':
        log?.(event.line as string);
    }
  }

  #timeoutError(timeout: number): TsexposeError {
    const seconds = `${timeout / 1000} s`;
    if (this.#state === 'needs-approval') {
      return new TsexposeError(
        'ERR_TSEXPOSE_APPROVAL_NEEDED',
        `The node waited ${seconds} for an admin to approve it.`,
        {
          suggestions: ['Approve the device on the machines page of the admin console.'],
        },
      );
    }
    const waited = this.#state === 'needs-login' ? 'for somebody to log in' : 'to join the tailnet';
    const because = this.#health.length > 0 ? `: ${this.#health.join(' ')}` : '';
    return new TsexposeError('ERR_TSEXPOSE_TIMEOUT', `The node waited ${seconds} ${waited}${because || '.'}`, {
      suggestions: ['Check the network and --control-url, or allow more time with --timeout.'],
    });
  }
}

function loginNeeded(url: string): TsexposeError {
  return new TsexposeError('ERR_TSEXPOSE_LOGIN_NEEDED', `The node has to log in: ${url}`, {
    suggestions: [
      'Set TS_AUTHKEY or --auth-key to a key of your tailnet.',
      'Run the command in a terminal and open the URL.',
    ],
  });
}
