/** The certificate of a node, for exposures and servers alike: renewed in time, kept in a cache, failures explained. */
import { TsexposeError } from '../../errors.ts';
import type { CertificateEvent, ExposeEvent } from '../../events.ts';
import type { CertificateCache } from './cache.ts';
import type { CertificateOptions, TailnetCertificate } from './certificate.ts';
import { explainFailure } from './failure.ts';

/** Where certificates come from: a `Tailnet`. */
export interface CertificateSource {
  readonly fqdn: string;
  certificate(options: CertificateOptions): Promise<TailnetCertificate>;
}

/** Options of a {@link CertificateRenewer}. */
export interface CertificateRenewerOptions {
  node: CertificateSource;
  /** Receives each new certificate, to be served from now on. */
  use: (certificate: TailnetCertificate) => void;
  /** Receives progress and failures. @default none */
  report?: (event: ExposeEvent) => void;
  /** Keeps the certificates of a node without state. @default none */
  cache?: CertificateCache | undefined;
  /** How long to wait after the first failure, in milliseconds; each further wait is three times as long. @default 30_000 */
  retry?: number;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** A dns-01 challenge takes as long as the name servers need. */
const ATTEMPT = 180 * SECOND;
/** Answers from the state directory come right away; anything slower is worth reporting. */
const SILENCE = 300;
/** The node starts renewing by itself at two thirds of the lifetime. From here on we insist, so that failures show. */
const OVERDUE = 0.75;

/** Keeps a certificate for the current name of a node, and renews it. */
export class CertificateRenewer {
  readonly #options: CertificateRenewerOptions;
  readonly #closing = new AbortController();
  #current: TailnetCertificate | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #first: Promise<void> | undefined;
  #again: Promise<void> | undefined;

  constructor(options: CertificateRenewerOptions) {
    this.#options = options;
  }

  /** Whether there is a certificate to serve. */
  get ready(): boolean {
    return this.#current !== undefined;
  }

  /** Gets the first certificate, and rejects if that fails. Keeps trying and renewing either way, until `close`. */
  start(): Promise<void> {
    this.#first ??= this.#attempt();
    return this.#first;
  }

  /** Checks right away whether another certificate is due, because the node was renamed or HTTPS was enabled. */
  async look(): Promise<void> {
    if (!this.#first) return;
    await this.#first.catch(() => {}); // reported
    this.#again ??= this.#attempt()
      .catch(() => {})
      .finally(() => {
        this.#again = undefined;
      });
    await this.#again;
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  async #attempt(): Promise<void> {
    clearTimeout(this.#timer);
    const domain = this.#options.node.fqdn;
    const progress = setTimeout(() => this.#tell('requested', domain), SILENCE);
    try {
      const certificate = (await this.#kept(domain)) ?? (await this.#issued(domain));
      this.#closing.signal.throwIfAborted();
      this.#failures = 0;
      this.#serve(certificate);
      this.#schedule(nextLook(certificate));
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#retry(error, domain);
      throw error;
    } finally {
      clearTimeout(progress);
    }
  }

  #retry(error: unknown, domain: string): void {
    this.#failures++;
    const { retryAfter = 0, ...words } = explainFailure(error, domain, this.#current);
    const backoff = (this.#options.retry ?? 30 * SECOND) * 3 ** (this.#failures - 1);
    // The same message every hour would tell the user nothing new.
    if (this.#failures <= 2 || retryAfter > 0)
      this.#options.report?.({ event: 'warning', code: 'CERTIFICATE', ...words });
    this.#schedule(Math.max(retryAfter, Math.min(HOUR, backoff)));
  }

  /** Returns a certificate that does not need to be renewed yet, from this run or an earlier one. */
  async #kept(domain: string): Promise<TailnetCertificate | undefined> {
    const current = this.#current?.domain === domain ? this.#current : await this.#options.cache?.read(domain);
    // A node without state would request a new one every time it is asked.
    return current && this.#options.cache && age(current) < OVERDUE ? current : undefined;
  }

  async #issued(domain: string): Promise<TailnetCertificate> {
    const current = this.#current?.domain === domain ? this.#current : undefined;
    const minValidity = current && age(current) >= OVERDUE ? left(current) + SECOND : 0;
    const timeout = AbortSignal.timeout(ATTEMPT);
    const signal = AbortSignal.any([this.#closing.signal, timeout]);
    const certificate = await this.#options.node
      .certificate({ domain, minValidity, signal })
      .catch((error) => Promise.reject(timeout.aborted ? noAnswer(domain) : error));
    // The certificate is good either way, and requesting another would not fix the directory.
    await this.#options.cache?.write(certificate).catch(({ message, suggestions }: TsexposeError) => {
      this.#options.report?.({ event: 'warning', code: 'CERTIFICATE_CACHE', message, suggestions });
    });
    return certificate;
  }

  #serve(certificate: TailnetCertificate): void {
    const before = this.#current;
    if (before?.cert === certificate.cert) return;
    this.#current = certificate;
    this.#options.use(certificate);
    this.#tell(before ? 'renewed' : 'ready', certificate.domain, certificate.validTo);
  }

  #tell(state: CertificateEvent['state'], domain: string, validTo?: Date): void {
    const until = validTo && { validTo: validTo.toISOString() };
    this.#options.report?.({ event: 'certificate', state, domain, ...until });
  }

  #schedule(delay: number): void {
    // Spread out, so that a tailnet full of nodes does not ask all at once. A timer can take 24 days at most.
    const spread = Math.min(delay * (0.9 + Math.random() * 0.2), 24 * 24 * HOUR);
    clearTimeout(this.#timer); // of a concurrent attempt
    this.#timer = setTimeout(() => void this.#attempt().catch(() => {}), spread).unref();
  }
}

function noAnswer(domain: string): TsexposeError {
  const message = `The certificate authority did not answer for ${domain} within ${ATTEMPT / 60_000} minutes.`;
  return new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', message);
}

/** Returns how much of a certificate's lifetime has passed, from 0 to 1. */
function age({ validFrom, validTo }: TailnetCertificate): number {
  return (Date.now() - validFrom.getTime()) / (validTo.getTime() - validFrom.getTime());
}

function left({ validTo }: TailnetCertificate): number {
  return Math.max(0, validTo.getTime() - Date.now());
}

/** Returns how long to wait: an hour, or proportionally less for certificates that are valid for days or minutes. */
function nextLook({ validFrom, validTo }: TailnetCertificate): number {
  return Math.max(SECOND, Math.min(HOUR, (validTo.getTime() - validFrom.getTime()) / 20));
}
