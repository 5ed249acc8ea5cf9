/** The ports of an exposure: it listens on each, and sends the connections where the plan says. */
import type { Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { TsexposeError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { type ConnectedCaller, callerSummary, type Identity, unknownIdentity } from '../identity/identity.ts';
import { StreamShares } from '../proxy/exchange/stream-shares.ts';
import type { PresenceChange } from '../proxy/fast-path.ts';
import { ProxyServer } from '../proxy/proxy.ts';
import { OwnHosts } from '../proxy/request/own-hosts.ts';
import { limitSilence } from '../proxy/request/timeouts.ts';
import type { Carriage, Carrier } from '../tailnet/net/carrier.ts';
import type { ListenOptions, TailnetServer } from '../tailnet/net/server.ts';
import type { TailnetSocket } from '../tailnet/net/socket.ts';
import type { Renewable, Termination } from '../tailnet/net/termination.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import { addresses } from './addresses.ts';
import { HTTP, HttpsListener, type Place } from './https-listener.ts';
import type { Plan } from './plan.ts';
import type { Destination, PortPlan } from './ports.ts';
import { Presence } from './presence.ts';
import type { ServiceHost } from './service-host.ts';
import { TcpListener } from './tcp-listener.ts';

/** Options of {@link Listeners}. */
export interface ListenersOptions {
  tailnet: Tailnet;
  plan: Plan;
  report: (event: ExposeEvent) => void;
  /** The Tailscale Service that has the ports. Without one, they are the node's own. */
  host?: ServiceHost;
  /** The URLs of targets that only answer to their own host. @default none */
  devServers?: ReadonlySet<string>;
}

type Accept = (socket: TailnetSocket) => void;
/** How a port is open, and what is done with its connections outside JavaScript. */
type Opening = Pick<ListenOptions, 'carrier' | 'tls' | 'funnel'>;

/** Everything that callers of an exposure can connect to. */
export class Listeners {
  readonly #options: ListenersOptions;
  /** By routes, or by the URL of the target. */
  readonly #proxies = new Map<unknown, ProxyServer>();
  readonly #listeners: { close(): Promise<void>; carriage?: Carriage | undefined }[] = [];
  readonly #place: Place;
  readonly #own: OwnHosts;
  readonly #shares = new StreamShares();
  readonly #secure: HttpsListener;
  readonly #tcp: TcpListener;
  readonly #presence = new Presence();
  /** Ports that are open to the internet too. */
  readonly #public = new Set<number>();
  readonly #devServers: ReadonlySet<string>;
  /** The URLs that were last reported; undefined until the ready event reports them. */
  #told: string[] | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#place = options.host?.service ?? options.tailnet;
    this.#own = new OwnHosts(options.plan.hosts);
    const note = (change: PresenceChange, identity: Identity) => this.#presence.note(change, identity);
    this.#tcp = new TcpListener({ ...options, ...this.#ofService, onPresence: note });
    this.#secure = new HttpsListener({
      ...options,
      place: this.#place,
      open: (port, tls, onPlain) => this.#openSecurely(port, tls, onPlain),
      announce: () => this.#announce(),
    });
    this.#devServers = options.devServers ?? new Set();
    for (const place of new Set<Place>([this.#place, options.tailnet])) place.on('change', () => this.#announce());
    this.#nameHosts();
  }

  /** Where the app is, the best URL first. */
  get urls(): string[] {
    return addresses(this.#place, this.#options.plan.ports, this.#secure.ready);
  }

  /** Who is connected now. */
  get callers(): ConnectedCaller[] {
    return this.#presence.callers;
  }

  /** Which URLs the internet can open too, as a part of an event; nothing without Funnel. */
  get #publicly(): { public?: string[] } {
    const ports = this.#options.plan.ports.filter(({ port }) => this.#public.has(port));
    const urls = addresses(this.#place, ports, this.#secure.ready);
    return urls.length > 0 ? { public: urls } : {};
  }

  /** Whose ports they are. */
  get #ofService(): { service?: string } {
    const { host } = this.#options;
    return host ? { service: host.service.service } : {};
  }

  /** Opens the ports. Those that need a certificate open once there is one; the others do not wait for it. */
  async open(): Promise<void> {
    for (const port of this.#options.plan.ports) {
      if (port.speech === 'http') await this.#serve(port);
      if (port.speech === 'redirect') await this.#listen(port.port, (socket) => this.#secure.redirect(socket));
      if (port.speech === 'tcp') await this.#forward(port);
      if (port.speech === 'sockets') await this.#serveSockets(port);
    }
    await this.#options.host?.approval();
    await this.#secure.open();
    this.#nameHosts();
  }

  /** Returns the URLs for the ready event. From then on, other URLs are reported, and a new certificate is requested. */
  tell(): { urls: string[]; public?: string[] } {
    this.#told = this.urls;
    void this.#secure.begin();
    return { urls: this.#told, ...this.#publicly };
  }

  /** Closes the ports, and lets open connections finish for up to `timeout` milliseconds. */
  async close(timeout: number): Promise<void> {
    this.#secure.close();
    // rule: callers are sent to another host before this one stops
    await this.#options.host?.leave(timeout);
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await Promise.all([
      this.#tcp.close(timeout),
      ...this.#listeners.map(({ carriage }) => carriage?.drain(timeout)),
      ...[...this.#proxies.values()].map((proxy) => proxy.close({ timeout })),
    ]);
  }

  /** Opens a port with TLS: to the internet too if the plan says so; if the tailnet forbids that, to the tailnet alone. */
  async #openSecurely(port: PortPlan, tls: Termination, onPlain: (socket: Socket) => void): Promise<Renewable> {
    const listen = (funnel: boolean) =>
      port.speech === 'tls' ? this.#forward(port, { tls, funnel }) : this.#serve(port, { tls, funnel }, onPlain);
    const { funnel } = this.#options.plan;
    try {
      // rule: a port is only open to the internet if the plan says so — mutate: listen(funnel) => listen(port.port === 443)
      const listener = await listen(funnel);
      if (funnel) this.#public.add(port.port);
      return listener;
    } catch (error) {
      if ((error as TsexposeError).code !== 'ERR_TSEXPOSE_FUNNEL') throw error;
      this.#options.report({ event: 'warning', ...explainFunnel(error as TsexposeError) });
      return await listen(false);
    }
  }

  /** Opens a port whose connections Go joins to the target. */
  async #forward(port: PortPlan, opening: Pick<Opening, 'tls' | 'funnel'> = {}): Promise<Renewable> {
    const forwarder = await this.#tcp.listen(port, opening);
    this.#listeners.push(forwarder);
    return forwarder;
  }

  /** Opens a port whose requests a proxy takes, with or without TLS. */
  #serve(port: PortPlan, opening: Opening = {}, onPlain?: (socket: Socket) => void): Promise<TailnetServer> {
    const proxy = this.#proxyFor(port);
    const carrier = this.#carrier(proxy, port.port, opening.tls !== undefined);
    const accept = (socket: TailnetSocket & { isPlain?: boolean }) =>
      socket.isPlain && onPlain ? onPlain(socket) : proxy.accept(socket);
    return this.#listen(port.port, accept, { ...opening, carrier });
  }

  /** Opens a port for hot updates, which the app does without if the port is taken. */
  async #serveSockets(port: PortPlan): Promise<void> {
    const listener = await this.#serve(port, { tls: { alpn: HTTP } }).catch(() => undefined);
    if (listener) this.#secure.follow(listener);
  }

  async #listen(port: number, accept: Accept, opening: Opening = {}): Promise<TailnetServer> {
    // rule: the host of a Service serves nothing under its own name — mutate: ...this.#ofService, =>
    const listener = await this.#options.tailnet.listen(port, {
      allowHalfOpen: true,
      ...opening,
      ...this.#ofService,
    });
    this.#listeners.push(listener);
    this.#shares.limit(listener.capacity);
    listener.on('connection', (socket) => {
      // What is handed over was reported when it came.
      if (!opening.carrier) this.#reportConnection(port, socket.identity);
      // Whois may say something else about it when it ends.
      const { identity } = socket;
      this.#presence.note('connected', identity);
      socket.once('close', () => this.#presence.note('left', identity));
      accept(socket);
    });
    return listener;
  }

  /** Returns what carries the requests of a port to a proxy's targets outside JavaScript. */
  #carrier(proxy: ProxyServer, port: number, secure = false): Carrier | undefined {
    // For tests, which compare both ways.
    if (process.env.TSEXPOSE_FAST_PATH === 'off') return undefined;
    return proxy.fastPath({
      secure,
      onPresence: (change, identity) => {
        this.#presence.note(change, identity);
        if (change === 'connected') this.#reportConnection(port, identity);
      },
      onDropped: (count) => this.#options.report(droppedWarning(count)),
    });
  }

  #reportConnection(port: number, identity: Identity): void {
    this.#options.report({ event: 'connection', port, caller: callerSummary(identity) });
  }

  #proxyFor({ target, routes }: Destination): ProxyServer {
    const { report } = this.#options;
    const { gate, hostHeader, funnelAuth, stripPrefix, idleTimeout, requestDetails, trace, node } = this.#options.plan;
    const key = routes ?? target.url;
    let proxy = this.#proxies.get(key);
    if (!proxy) {
      proxy = new ProxyServer({
        target,
        gate,
        identify,
        hostHeader: (to) => hostHeader ?? (this.#devServers.has(to.url) ? 'rewrite' : 'auto'),
        own: this.#own,
        shares: this.#shares,
        // rule: every proxy asks for the password
        ...(funnelAuth && { funnelAuth }),
        ...(routes && { routes, stripPrefix }),
        timeouts: limitSilence(idleTimeout),
        // Requests are counted and timed only where someone listens.
        ...(node.onEvent && { onRequest: report, requestDetails }),
        trace,
        onPresence: (change, identity) => this.#presence.note(change, identity),
        onHostChange: () => this.#followRules(),
        onWarning: (warning) => report({ event: 'warning', ...warning }),
      });
      this.#proxies.set(key, proxy);
    }
    return proxy;
  }

  /** Tells the proxies which hosts are ours: a Service has names of its own besides those of the node. */
  #nameHosts(): void {
    const names = [this.#place, this.#options.tailnet].flatMap(({ name, fqdn, ips }) => [name, fqdn, ...ips]);
    // A page by address is one of ours, too, although no URL with an address is told while names resolve.
    const { name, fqdn, ips } = this.#place;
    const urls = addresses({ name, fqdn, ips, magicDns: false }, this.#options.plan.ports, this.#secure.ready);
    this.#own.update({ names, origins: urls.filter((url) => url.startsWith('http')) });
    this.#followRules();
  }

  #followRules(): void {
    for (const { carriage } of this.#listeners) carriage?.follow();
  }

  /** Tells the proxies, and reports, at which URLs the app is now. */
  #announce(): void {
    this.#nameHosts();
    if (!this.#told || isDeepStrictEqual(this.#told, this.urls)) return;
    this.#told = this.urls;
    this.#options.report({ event: 'addresses', urls: this.#told, ...this.#publicly });
  }
}

function droppedWarning(count: number): ExposeEvent {
  const message = `${count} requests are missing in the log because there were too many at once.`;
  return { event: 'warning', code: 'TSEXPOSE_LOG_DROPPED', message };
}

/** Says why the app is not on the internet, and what the tailnet's admin can do about it. */
function explainFunnel({ code, message }: TsexposeError) {
  return {
    code,
    message: `The app is on the tailnet only: ${message.replace(/\.*$/, '')}.`,
    suggestions: [
      'Give the node the attribute "funnel" in the policy file: https://login.tailscale.com/admin/acls/file',
      'Leave out --funnel.',
    ],
  };
}

/** Returns who is calling, on a connection with or without TLS. */
function identify(socket: Socket): Identity {
  return (
    (socket as Partial<TailnetSocket>).identity ?? unknownIdentity(socket.remoteAddress ?? '', socket.remotePort ?? 0)
  );
}
