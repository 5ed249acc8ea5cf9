/** The ports with TLS: they open when there is a certificate, and never make a visitor wait for one. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { abortError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import type { ProxyServer } from '../proxy/proxy.ts';
import type { ErrorPage } from '../proxy/response/error-page.ts';
import { Redirect } from '../proxy/static/redirect.ts';
import type { Target } from '../proxy/target/target.ts';
import { TlsTerminator } from '../proxy/tcp/tls.ts';
import { CertificateCache } from '../tailnet/certificate/cache.ts';
import { CertificateRenewer } from '../tailnet/certificate/renewer.ts';
import type { TailnetSocket } from '../tailnet/net/socket.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import type { PortPlan } from './ports.ts';
import type { TcpListener } from './tcp-listener.ts';

/** What has names by which visitors come: a node, or a Service. */
export interface Place {
  readonly name: string;
  readonly fqdn: string;
  readonly ips: readonly string[];
  /** Whether its name resolves on the tailnet. @default true */
  readonly magicDns?: boolean;
  on(event: 'change', listener: () => void): unknown;
}

/** What the ports with TLS need of the others. */
export interface HttpsListenerOptions {
  tailnet: Tailnet;
  place: Place;
  plan: readonly PortPlan[];
  report: (event: ExposeEvent) => void;
  certCache?: string;
  signal?: AbortSignal;
  tcp: TcpListener;
  open: (plan: PortPlan, accept: (socket: TailnetSocket) => void) => Promise<void>;
  proxyFor: (target: Target) => ProxyServer;
  /** Called when addresses have come. */
  announce: () => void;
}

/** How long a start waits for the first certificate; without one it goes on by HTTP. */
const PATIENCE = 10_000;

/** The ports of an exposure that speak TLS, and the one that leads to them. */
export class HttpsListener {
  readonly #options: HttpsListenerOptions;
  readonly #plan: readonly PortPlan[];
  readonly #terminators = new Map<PortPlan, TlsTerminator>();
  readonly #certificate: CertificateRenewer;
  readonly #redirect: Redirect;
  #opened = false;
  #opening: Promise<void> | undefined;

  constructor(options: HttpsListenerOptions) {
    const { tailnet, place, plan, certCache, report } = options;
    this.#options = options;
    this.#plan = plan.filter(({ speech }) => speech === 'https' || speech === 'tls');
    for (const port of this.#plan) this.#terminators.set(port, this.#terminator(port));
    this.#redirect = new Redirect({ origin: () => (this.#opened ? `https://${place.fqdn}` : noCertificateYet()) });
    this.#certificate = new CertificateRenewer({
      node: {
        get fqdn() {
          return place.fqdn;
        },
        certificate: (wanted) => tailnet.certificate(wanted),
      },
      report,
      ...(certCache !== undefined && { cache: new CertificateCache(certCache) }),
      use: (pair) => {
        // The short name has no certificate anywhere; this one at least says what the name should have been.
        const names = [place.fqdn, place.name];
        for (const terminator of this.#terminators.values()) terminator.use(pair, names);
        void this.#openPorts();
      },
    });
    place.on('change', () => void this.#certificate.look());
  }

  /** Whether the ports are open. */
  get ready(): boolean {
    return this.#opened;
  }

  /** Gets the certificate; resolves when the ports are open, or when they will open later. */
  async open(): Promise<void> {
    if (this.#plan.length === 0) return;
    const { signal } = this.#options;
    const patience = AbortSignal.timeout(PATIENCE);
    const enough = once(signal ? AbortSignal.any([signal, patience]) : patience);
    const started = this.#certificate.start().catch(() => {}); // reported, and tried again
    await Promise.race([started.then(() => this.#opening), enough]);
    if (signal?.aborted) throw abortError(signal);
  }

  /** Leads a visitor of the port without TLS to the one with it. */
  redirect(socket: Socket): void {
    this.#redirect.accept(socket);
  }

  close(): void {
    this.#certificate.close();
    for (const terminator of this.#terminators.values()) terminator.close();
    this.#redirect.close();
  }

  #openPorts(): Promise<void> {
    this.#opening ??= (async () => {
      for (const plan of this.#plan) {
        await this.#options.open(plan, (socket) => this.#terminators.get(plan)!.accept(socket));
      }
      this.#opened = true;
      this.#options.announce();
    })().catch((error: Error) => {
      if (this.#options.signal?.aborted) return;
      this.#options.report({ event: 'warning', code: 'HTTPS', message: `HTTPS cannot be opened: ${error.message}` });
    });
    return this.#opening;
  }

  #terminator({ port, speech, target }: PortPlan): TlsTerminator {
    const { tcp, proxyFor } = this.#options;
    if (speech === 'https') {
      return new TlsTerminator({ alpn: ['h2', 'http/1.1'], onSecure: (socket) => proxyFor(target).accept(socket) });
    }
    return new TlsTerminator({
      onSecure: (socket) => tcp.accept(socket, socket as TLSSocket & TailnetSocket, target, port),
    });
  }
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function noCertificateYet(): ErrorPage {
  return {
    status: 503,
    title: 'The certificate is still on its way',
    message: 'This service takes visitors by HTTPS only, and has no certificate yet.',
    retryAfter: 5,
  };
}
