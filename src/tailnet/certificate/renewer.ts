/** The certificate of an exposure: there before the first visitor, renewed by a poll of our own, failures in words. */
import type { TsexposeError } from '../../errors.ts';
import type { ExposeEvent } from '../../events.ts';
import type { CertificateOptions, TailnetCertificate } from './certificate.ts';
import type { CertificateCache } from './certificate-cache.ts';
import { explainFailure } from './certificate-failure.ts';

/** Where certificates come from: a `Tailnet`. */
export interface CertificateSource {
  readonly fqdn: string;
  certificate(options: CertificateOptions): Promise<TailnetCertificate>;
}

/** Options of a {@link CertificateRenewer}. */
export interface CertificateRenewerOptions {
  node: CertificateSource;
  /** Gets every certificate that is to be served from now on. */
  use: (certificate: TailnetCertificate) => void;
  report: (event: ExposeEvent) => void;
  /** Keeps certificates of nodes that keep no state. */
  cache?: CertificateCache;
  /** The first wait after a failure, in milliseconds; each next is three times as long. @default 30_000 */
  retry?: number;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** A dns-01 challenge takes as long as the name servers take. */
const ATTEMPT = 180 * SECOND;
/** An answer from the state directory comes at once; what takes longer is told. */
const SILENCE = 300;
/** The node renews by itself from two thirds on; here a renewal is asked for, and a failure seen. */
const OVERDUE = 0.75;

/** Keeps a current certificate for the node's name, whatever that is just now. */
export class CertificateRenewer {
  readonly #options: CertificateRenewerOptions;
  readonly #closing = new AbortController();
  #current: TailnetCertificate | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #first: Promise<boolean> | undefined;
  #again: Promise<void> | undefined;

  constructor(options: CertificateRenewerOptions) {
    this.#options = options;
  }

  /** Whether a certificate is being served. */
  get ready(): boolean {
    return this.#current !== undefined;
  }

  /** Gets the first certificate; resolves with whether that went well. Goes on trying, and renewing, either way. */
  start(): Promise<boolean> {
    this.#first ??= this.#attempt().then(() => this.ready);
    return this.#first;
  }

  /** Looks at once whether another certificate is due: the node has another name, or HTTPS was switched on. */
  async look(): Promise<void> {
    if (!this.#first) return;
    await this.#first;
    this.#again ??= this.#attempt().finally(() => {
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
      this.#failures = 0;
      if (this.#closing.signal.aborted) return;
      this.#serve(certificate);
      this.#schedule(nextLook(certificate));
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#failures++;
      const { retryAfter = 0, ...words } = explainFailure(error, domain, this.#current);
      const wait = Math.max(
        retryAfter,
        Math.min(HOUR, (this.#options.retry ?? 30 * SECOND) * 3 ** (this.#failures - 1)),
      );
      // The same words every hour would say nothing new.
      if (this.#failures <= 2 || retryAfter > 0)
        this.#options.report({ event: 'warning', code: 'CERTIFICATE', ...words });
      this.#schedule(wait);
    } finally {
      clearTimeout(progress);
    }
  }

  /** A certificate of an earlier run that need not be renewed yet. */
  async #kept(domain: string): Promise<TailnetCertificate | undefined> {
    const current = this.#current?.domain === domain ? this.#current : await this.#options.cache?.read(domain);
    // A node that keeps no state would issue a new one for every question.
    return current && this.#options.cache && age(current) < OVERDUE ? current : undefined;
  }

  async #issued(domain: string): Promise<TailnetCertificate> {
    const current = this.#current?.domain === domain ? this.#current : undefined;
    const minValidity = current && age(current) >= OVERDUE ? left(current) + SECOND : 0;
    const timeout = AbortSignal.timeout(ATTEMPT);
    const signal = AbortSignal.any([this.#closing.signal, timeout]);
    const certificate = await this.#options.node.certificate({ domain, minValidity, signal });
    // It is good all the same, and to ask for another would not mend the directory.
    await this.#options.cache?.write(certificate).catch(({ message, suggestions }: TsexposeError) => {
      this.#options.report({ event: 'warning', code: 'CERTIFICATE_CACHE', message, suggestions });
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

  #tell(state: 'requested' | 'ready' | 'renewed', domain: string, validTo?: Date): void {
    const until = validTo && { validTo: validTo.toISOString() };
    this.#options.report({ event: 'certificate', state, domain, ...until });
  }

  #schedule(delay: number): void {
    // Spread, so that a tailnet full of nodes does not ask at once; a timer holds 24 days at most.
    const spread = Math.min(delay * (0.9 + Math.random() * 0.2), 24 * 24 * HOUR);
    clearTimeout(this.#timer); // of an attempt that went on beside this one
    this.#timer = setTimeout(() => void this.#attempt(), spread).unref();
  }
}

/** How much of its life a certificate has behind it, from 0 to 1. */
function age({ validFrom, validTo }: TailnetCertificate): number {
  return (Date.now() - validFrom.getTime()) / (validTo.getTime() - validFrom.getTime());
}

function left({ validTo }: TailnetCertificate): number {
  return Math.max(0, validTo.getTime() - Date.now());
}

/** Every hour, and for certificates that live for days or minutes as often in proportion. */
function nextLook({ validFrom, validTo }: TailnetCertificate): number {
  return Math.max(SECOND, Math.min(HOUR, (validTo.getTime() - validFrom.getTime()) / 20));
}
