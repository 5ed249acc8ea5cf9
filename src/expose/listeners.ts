/** The ports of an exposure: each is listened on, and its connections go where the plan says. */
import type { Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { FunnelAuth } from '../access/funnel-auth.ts';
import type { Gate } from '../access/gate.ts';
import type { TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { callerSummary, type Identity, unknownIdentity } from '../identity/identity.ts';
import { ProxyServer } from '../proxy/proxy.ts';
import type { Route } from '../proxy/routes.ts';
import type { Target } from '../proxy/target/target.ts';
import type { TailnetSocket } from '../tailnet/net/socket.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import { addresses } from './addresses.ts';
import { HttpsListener, type Place } from './https-listener.ts';
import type { PortPlan } from './ports.ts';
import type { ServiceHost } from './service-host.ts';
import { TcpListener, type TcpOptions } from './tcp-listener.ts';

/** Options of {@link Listeners}. */
export interface ListenersOptions extends TcpOptions {
  tailnet: Tailnet;
  gate: Gate;
  plan: readonly PortPlan[];
  report: (event: ExposeEvent) => void;
  hostHeader?: string;
  /** Services of the main target's ports, by path. @default the target alone */
  routes?: readonly Route[];
  stripPrefix?: boolean;
  /** Whether ports with TLS are open to the internet as well. @default false */
  funnel?: boolean;
  /** `user:password` for visitors from the internet. @default nobody is asked */
  funnelAuth?: string;
  /** The Tailscale Service whose ports these are. @default none: they are the node's own */
  host?: ServiceHost;
  /** Directory for certificates; see `CertificateCache`. */
  certCache?: string;
  /** Gives up waiting for a certificate. */
  signal?: AbortSignal;
}

type Accept = (socket: TailnetSocket) => void;

/** Everything that visitors of an exposure can connect to. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #proxies = new Map<string, ProxyServer>();
  readonly #listeners: { close(): Promise<void> }[] = [];
  readonly #place: Place;
  readonly #secure: HttpsListener;
  readonly #tcp: TcpListener;
  readonly #funnelAuth: FunnelAuth | undefined;
  /** Ports that are open to the internet as well. */
  readonly #public = new Set<number>();
  /** The addresses that were told last; undefined until the ready event tells them. */
  #told: string[] | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#funnelAuth = options.funnelAuth === undefined ? undefined : new FunnelAuth(options.funnelAuth);
    this.#place = options.host?.service ?? options.tailnet;
    this.#tcp = new TcpListener({ ...options, ...this.#ofService });
    this.#secure = new HttpsListener({
      ...options,
      place: this.#place,
      open: (plan, accept) => this.#listenSecurely(plan.port, accept),
      proxyFor: (target) => this.#proxyFor(target),
      tcp: this.#tcp,
      announce: () => this.#announce(),
    });
    this.#place.on('change', () => this.#announce());
  }

  /** Where the service is, the best first. */
  get urls(): string[] {
    return addresses(this.#place, this.#options.plan, this.#secure.ready);
  }

  /** Which of them the internet can open as well, as a part of an event; nothing without Funnel. */
  get publicly(): { public?: string[] } {
    const plan = this.#options.plan.filter(({ port }) => this.#public.has(port));
    const urls = addresses(this.#place, plan, this.#secure.ready);
    return urls.length > 0 ? { public: urls } : {};
  }

  /** Whose ports are listened on. */
  get #ofService(): { service?: string } {
    const { host } = this.#options;
    return host ? { service: host.service.service } : {};
  }

  get #origins(): string[] {
    return this.urls.filter((url) => url.startsWith('http'));
  }

  /** The services behind the ports, each once. */
  get targets(): Target[] {
    const { plan, routes = [] } = this.#options;
    return [...new Map([...plan, ...routes].map(({ target }) => [target.url, target])).values()];
  }

  /**
   * Opens the ports. Those that need a certificate open as soon as there is one, which is waited for a moment; the
   * others do not wait for it.
   */
  async open(): Promise<void> {
    for (const plan of this.#options.plan) {
      if (plan.speech === 'http') await this.#listen(plan.port, (socket) => this.#proxyFor(plan.target).accept(socket));
      if (plan.speech === 'redirect') await this.#listen(plan.port, (socket) => this.#secure.redirect(socket));
      if (plan.speech === 'tcp') this.#listeners.push(await this.#tcp.listen(plan));
    }
    await this.#options.host?.approval();
    await this.#secure.open();
    this.#announce();
    this.#told = this.urls;
  }

  /** Closes the ports, and lets what is under way end for `timeout` milliseconds. */
  async close(timeout: number): Promise<void> {
    this.#secure.close();
    await this.#options.host?.leave(timeout);
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await Promise.all([
      this.#tcp.close(timeout),
      ...[...this.#proxies.values()].map((proxy) => proxy.close({ timeout })),
    ]);
  }

  /** Opens a port to the internet too, if that is wanted; where the tailnet forbids it, to the tailnet alone. */
  async #listenSecurely(port: number, accept: Accept): Promise<void> {
    const { funnel, report } = this.#options;
    try {
      await this.#listen(port, accept, funnel);
      if (funnel) this.#public.add(port);
    } catch (error) {
      if ((error as TsexposeError).code !== 'ERR_TSEXPOSE_FUNNEL') throw error;
      report({ event: 'warning', ...explainFunnel(error as TsexposeError) });
      await this.#listen(port, accept);
    }
  }

  async #listen(port: number, accept: Accept, funnel = false): Promise<void> {
    const listener = await this.#options.tailnet.listen(port, { allowHalfOpen: true, funnel, ...this.#ofService });
    this.#listeners.push(listener);
    listener.on('connection', (socket) => {
      this.#options.report({ event: 'connection', port, caller: callerSummary(socket.identity) });
      accept(socket);
    });
  }

  #proxyFor(target: Target): ProxyServer {
    const { gate, hostHeader, report, routes, stripPrefix } = this.#options;
    const funnelAuth = this.#funnelAuth;
    let proxy = this.#proxies.get(target.url);
    if (!proxy) {
      proxy = new ProxyServer({
        target,
        gate,
        identify,
        hostHeader,
        ownOrigins: this.#origins,
        ...(funnelAuth && { funnelAuth }),
        ...(routes?.some((route) => route.target.url === target.url) && { routes, stripPrefix }),
        onRequest: report,
        onWarning: (warning) => report({ event: 'warning', ...warning }),
      });
      this.#proxies.set(target.url, proxy);
    }
    return proxy;
  }

  /** Tells the proxies, and those who watch, under which addresses the service is known now. */
  #announce(): void {
    for (const proxy of this.#proxies.values()) proxy.ownOrigins = this.#origins;
    if (!this.#told || isDeepStrictEqual(this.#told, this.urls)) return;
    this.#told = this.urls;
    this.#options.report({ event: 'addresses', urls: this.#told, ...this.publicly });
  }
}

/** Why the service is not on the internet, and what the tailnet's admin can do about it. */
function explainFunnel({ code, message }: TsexposeError) {
  return {
    code,
    message: `The service is there for the tailnet only: ${message.replace(/\.*$/, '')}.`,
    suggestions: [
      'Give the node the attribute "funnel" in the policy file: https://login.tailscale.com/admin/acls/file',
      'Leave --funnel out.',
    ],
  };
}

/** Who is at the other end of a connection, of one with TLS as well. */
function identify(socket: Socket): Identity {
  return (
    (socket as Partial<TailnetSocket>).identity ?? unknownIdentity(socket.remoteAddress ?? '', socket.remotePort ?? 0)
  );
}
