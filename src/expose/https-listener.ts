/** The ports with TLS: they open once there is a certificate, so that no caller waits for one. */
import type { Socket } from 'node:net';
import { abortError } from '../errors.ts';
import type { ExposeEvent } from '../events.ts';
import { Redirect } from '../proxy/inbound/redirect.ts';
import type { ErrorPage } from '../proxy/response/error-page.ts';
import { CertificateCache, isCertificateKept } from '../tailnet/certificate/cache.ts';
import { CertificateRenewer } from '../tailnet/certificate/renewer.ts';
import type { ListenerCertificate, Renewable, Termination } from '../tailnet/net/termination.ts';
import { stateDirOf } from '../tailnet/state-dir.ts';
import type { Tailnet } from '../tailnet/tailnet.ts';
import type { Plan } from './plan.ts';
import type { PortPlan } from './ports.ts';

/** What callers know by name: a node, or a Service. */
export interface Place {
  readonly name: string;
  readonly fqdn: string;
  readonly ips: readonly string[];
  /** Whether its name resolves on the tailnet. @default true */
  readonly magicDns?: boolean;
  on(event: 'change', listener: () => void): unknown;
}

/** Options of {@link HttpsListener}. */
export interface HttpsListenerOptions {
  tailnet: Tailnet;
  place: Place;
  plan: Plan;
  report: (event: ExposeEvent) => void;
  /** Opens a port that ends TLS. `onPlain` gets the connections of callers that speak none. */
  open: (port: PortPlan, tls: Termination, onPlain: (socket: Socket) => void) => Promise<Renewable>;
  /** Called when there are more URLs. */
  announce: () => void;
}

/** How long the start waits for a certificate that is kept on disk, in milliseconds. It may have expired. */
const KEPT_MS = 1000;
/** How long the start waits for a new certificate if the app has no other address, in milliseconds. */
const ONLY_MS = 10_000;

/** The protocols of HTTPS, best first. */
export const HTTP = ['h2', 'http/1.1'];

/** The ports of an exposure that speak TLS, and the one that redirects to them. */
export class HttpsListener {
  readonly #options: HttpsListenerOptions;
  readonly #ports: readonly PortPlan[];
  readonly #certificate: CertificateRenewer;
  readonly #redirect: Redirect;
  /** For callers that speak plain HTTP to a port with TLS. */
  readonly #redirects: Redirect[] = [];
  readonly #open: Renewable[] = [];
  #pair: ListenerCertificate | undefined;
  #opened = false;
  #opening: Promise<void> | undefined;

  constructor(options: HttpsListenerOptions) {
    const { tailnet, place, plan, report } = options;
    this.#options = options;
    this.#ports = plan.ports.filter(({ speech }) => speech === 'https' || speech === 'tls');
    this.#redirect = new Redirect({ origin: () => (this.#opened ? `https://${place.fqdn}` : noCertificateYet()) });
    this.#certificate = new CertificateRenewer({
      node: {
        get fqdn() {
          return place.fqdn;
        },
        certificate: (wanted) => tailnet.certificate(wanted),
      },
      report,
      ...(plan.certCache !== undefined && { cache: new CertificateCache(plan.certCache) }),
      use: (pair) => {
        // There are no certificates for other names; this one at least says what the full name is.
        const names = [place.fqdn, place.name, ...plan.hosts];
        this.#pair = { ...pair, names };
        for (const port of this.#open) port.use(this.#pair);
        void this.#openPorts(this.#pair);
      },
    });
    place.on('change', () => void this.#certificate.look());
  }

  /** Whether the ports are open. */
  get ready(): boolean {
    return this.#opened;
  }

  /** Waits for a certificate that is kept on disk, and for a new one if the app has no other address. */
  async open(): Promise<void> {
    const ms = this.#isOnly ? ONLY_MS : this.#isKept ? KEPT_MS : 0;
    if (this.#ports.length === 0 || ms === 0) return;
    const { signal } = this.#options.plan.node;
    const patience = AbortSignal.timeout(ms);
    const enough = once(signal ? AbortSignal.any([signal, patience]) : patience);
    await Promise.race([this.begin(), enough]);
    if (signal?.aborted) throw abortError(signal);
  }

  /** Gets the certificate, unless that has begun; the ports open when it is there. */
  async begin(): Promise<void> {
    if (this.#ports.length === 0) return;
    await this.#certificate.start().catch(() => {}); // reported, and tried again
    await this.#opening;
  }

  /** Whether the app has no address before the certificate is there. */
  get #isOnly(): boolean {
    return this.#options.plan.ports.every(({ speech }) => speech !== 'http' && speech !== 'tcp');
  }

  get #isKept(): boolean {
    const { node, certCache } = this.#options.plan;
    const { fqdn } = this.#options.place;
    const kept = [stateDirOf(node), certCache].filter((directory) => directory !== undefined);
    return kept.some((directory) => isCertificateKept(directory, fqdn));
  }

  /** Gives the certificate to a port that is open already, once it is there. */
  follow(port: Renewable): void {
    this.#open.push(port);
    if (this.#pair) port.use(this.#pair);
  }

  /** Redirects a caller of the port without TLS to the one with it. */
  redirect(socket: Socket): void {
    this.#redirect.accept(socket);
  }

  close(): void {
    this.#certificate.close();
    for (const redirect of [this.#redirect, ...this.#redirects]) redirect.close();
  }

  #openPorts(certificate: ListenerCertificate): Promise<void> {
    this.#opening ??= (async () => {
      for (const port of this.#ports) {
        const redirect = this.#redirectTo(port);
        const alpn = port.speech === 'https' ? HTTP : [];
        // The certificate may have been renewed in the meantime.
        this.follow(await this.#options.open(port, { certificate, alpn }, (socket) => redirect.accept(socket)));
      }
      this.#opened = true;
      this.#options.announce();
    })().catch((error: Error) => {
      if (this.#options.plan.node.signal?.aborted) return;
      this.#options.report({ event: 'warning', code: 'HTTPS', message: `Cannot open HTTPS: ${error.message}` });
    });
    return this.#opening;
  }

  /** Redirects callers of a port with TLS that speak none. */
  #redirectTo({ port }: PortPlan): Redirect {
    const redirect = new Redirect({ origin: () => secureOrigin(this.#options.place.fqdn, port) });
    this.#redirects.push(redirect);
    return redirect;
  }
}

function secureOrigin(fqdn: string, port: number): string {
  return `https://${fqdn}${port === 443 ? '' : `:${port}`}`;
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
    title: 'The certificate is not ready yet',
    message: 'This app uses HTTPS only, and its certificate has not been issued yet. Try again in a moment.',
    retryAfter: 5,
  };
}
