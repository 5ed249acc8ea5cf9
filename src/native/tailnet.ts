import { EventEmitter } from 'node:events';
import { TsexposeError } from '../errors.ts';
import type { NodeState } from '../events.ts';
import type { Identity } from '../identity/identity.ts';
import { TailnetListener } from './listener.ts';
import { type NativeConnection, nativeRuntime, type Payload, type Runtime } from './runtime.ts';
import { TailnetSocket } from './socket.ts';

/** How a node joins its tailnet. */
export interface TailnetOptions {
  /** The name asked for: a DNS label such as `myapp`. */
  hostname: string;
  /** Auth key or OAuth client secret. Used only while the node is not logged in. @default the `TS_AUTHKEY` variable */
  authKey?: string;
  /** OAuth client secret that makes an auth key; needs `tags`. */
  clientSecret?: string;
  /** Control server, such as a Headscale server or a sandbox. @default Tailscale's */
  controlUrl?: string;
  /** Directory for the node's keys, which make it the same node at the next start. @default a temporary one */
  stateDir?: string;
  /** Whether the control server forgets the node as soon as it leaves. @default false */
  ephemeral?: boolean;
  /** Tags to ask for, such as `tag:web`. @default [] */
  tags?: string[];
  /** Whether the node's log is uploaded to Tailscale for their support. @default false */
  supportLogs?: boolean;
  /** Receives the node's own log, line by line. @default none */
  log?: (line: string) => void;
}

export interface UpOptions {
  /** Ends the wait early; the promise rejects with an `AbortError`. */
  signal?: AbortSignal;
  /** Limit in milliseconds; 0 for none. @default 60_000 */
  timeout?: number;
  /**
   * What to do when somebody has to log in: `wait` emits `'login'` and waits, `fail` rejects with
   * `ERR_TSEXPOSE_LOGIN_NEEDED`. @default 'wait'
   */
  login?: 'wait' | 'fail';
}

/** Another device of the tailnet, as `Tailnet.status` lists it. */
export interface TailnetPeer {
  name: string;
  fqdn: string;
  ips: string[];
  os: string;
  /** Login of the owner; empty for a tagged device. */
  user: string;
  tags: string[];
  online: boolean;
}

export interface TailnetStatus {
  state: NodeState;
  name: string;
  fqdn: string;
  ips: string[];
  /** The tailnet's display name. */
  tailnet: string;
  magicDnsSuffix: string;
  /** Whether MagicDNS is enabled. */
  magicDns: boolean;
  /** Owner of this node; absent for a tagged one. */
  user?: { login: string; name: string; picture: string };
  tags: string[];
  /** When the node has to log in again (RFC 3339); absent when never. */
  keyExpiry?: string;
  /** Sentences about what does not work. */
  health: string[];
  /** Names for which the node can get certificates. */
  certDomains: string[];
  peers: TailnetPeer[];
}

interface TailnetEvents {
  /** The node is somewhere else on its way; the second value explains it. */
  state: [NodeState, string?];
  /** Somebody has to open this URL and log in. */
  login: [url: string];
  /** What does not work just now has changed; an empty array means that all is well. */
  health: [messages: string[]];
  /** Name or addresses have changed. */
  change: [];
  close: [];
}

interface Self {
  name: string;
  fqdn: string;
  ips: string[];
}

/**
 * A Tailscale node inside this process.
 *
 * @example
 * ```ts
 * await using tailnet = await Tailnet.up({ hostname: 'echo', authKey: process.env.TS_AUTHKEY });
 * const listener = await tailnet.listen(7);
 * listener.on('connection', (socket) => socket.pipe(socket));
 * ```
 */
export class Tailnet extends EventEmitter<TailnetEvents> {
  /** The name asked for. */
  readonly hostname: string;
  readonly #runtime: Runtime = nativeRuntime();
  readonly #handle: number;
  #self: Self = { name: '', fqdn: '', ips: [] };
  #state: NodeState = 'stopped';
  #health: string[] = [];
  #referenced = false;
  #closing: Promise<void> | undefined;

  /** Prepares a node; nothing starts before `up`. Throws when the addon cannot be loaded. */
  constructor(options: TailnetOptions) {
    super();
    const { log, ...config } = options;
    this.hostname = options.hostname;
    this.#handle = this.#runtime.binding.nodeNew(JSON.stringify({ ...config, verbose: log !== undefined }));
    this.#runtime.nodes.set(this.#handle, (event) => this.#receive(event, log));
  }

  /** Makes a node and waits until it runs. */
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
  async up({ signal, timeout = 60_000, login = 'wait' }: UpOptions = {}): Promise<void> {
    const inner = new AbortController();
    const timer = timeout > 0 ? setTimeout(() => inner.abort(this.#timeoutError(timeout)), timeout) : undefined;
    const refuseLogin = (url: string) => inner.abort(loginNeeded(url));
    if (login === 'fail') this.on('login', refuseLogin);
    const both = signal ? AbortSignal.any([signal, inner.signal]) : inner.signal;
    try {
      const { value } = await this.#runtime.call<Self>((b, request) => b.nodeUp(this.#handle, request), both);
      this.#self = value;
      this.ref();
    } catch (error) {
      throw inner.signal.aborted && !signal?.aborted ? inner.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.off('login', refuseLogin);
    }
  }

  /** What the node knows about itself and its tailnet. */
  async status(): Promise<TailnetStatus> {
    return (await this.#runtime.call<TailnetStatus>((b, request) => b.nodeStatus(this.#handle, request))).value;
  }

  /**
   * Who owns a tailnet address: `ip`, `ip:port`, `[ip]:port` or a device's MagicDNS name.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_NOT_FOUND`
   */
  async whois(address: string): Promise<Identity> {
    return (await this.#runtime.call<Identity>((b, request) => b.nodeWhois(this.#handle, request, address))).value;
  }

  /**
   * Listens on a tailnet port; 0 lets the node choose one.
   *
   * @param options.backlog - how many connections may wait for a busy event loop before further ones are refused.
   *   `@default` 4096
   * @throws an error with the code `EADDRINUSE` when this node listens on the port already
   */
  async listen(port: number, { backlog = 4096 }: { backlog?: number } = {}): Promise<TailnetListener> {
    const { value } = await this.#runtime.call<{ listener: number; port: number }>((b, request) =>
      b.nodeListen(this.#handle, request, port, backlog),
    );
    return new TailnetListener(value.listener, value.port, () => this.#self.ips);
  }

  /**
   * Connects to a device of the tailnet by address or MagicDNS name.
   *
   * @throws an error with Node's own code: `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`, `EHOSTUNREACH`
   */
  async dial({ host, port, signal }: { host: string; port: number; signal?: AbortSignal }): Promise<TailnetSocket> {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const { value, fd } = await this.#runtime.call<NativeConnection>(
      (b, request) => b.nodeDial(this.#handle, request, address),
      signal,
    );
    return new TailnetSocket({ ...value, fd });
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

  /** Lets the process end while the node is open. */
  unref(): this {
    if (this.#referenced) this.#runtime.unreference();
    this.#referenced = false;
    return this;
  }

  /** Keeps the process alive while the node is open, as is the case after `up`. */
  ref(): this {
    if (!this.#referenced && !this.#closing) {
      this.#runtime.reference();
      this.#referenced = true;
    }
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drain: number): Promise<void> {
    await this.#runtime.call((b, request) => b.nodeClose(this.#handle, request, drain));
    this.#runtime.nodes.delete(this.#handle);
    this.#state = 'stopped';
    this.unref();
    this.emit('close');
  }

  #receive(event: Payload, log: TailnetOptions['log']): void {
    switch (event.type) {
      case 'state':
        if (event.state === this.#state) return;
        this.#state = event.state as NodeState;
        this.emit('state', this.#state, event.message as string | undefined);
        return;
      case 'login':
        this.emit('login', event.url as string);
        return;
      case 'health':
        this.#health = event.messages as string[];
        this.emit('health', this.#health);
        return;
      case 'change':
        this.#self = event.self as Self;
        this.emit('change');
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
