import type { CertificateOptions, TailnetCertificate } from './certificate.ts';

const MINUTE = 60_000;
const HALF_DAY = 12 * 60 * MINUTE;

/** Holds a current certificate: the first before a server listens, each next one as soon as the node has it. */
export class CertificateKeeper {
  readonly #node: { certificate(options: CertificateOptions): Promise<TailnetCertificate> };
  readonly #use: (certificate: { key: string; cert: string }) => void;
  #current: TailnetCertificate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    node: { certificate(options: CertificateOptions): Promise<TailnetCertificate> },
    use: (certificate: { key: string; cert: string }) => void,
  ) {
    this.#node = node;
    this.#use = use;
  }

  /** Gets the first certificate and keeps looking for the next. */
  async start(signal?: AbortSignal): Promise<void> {
    this.stop();
    await this.#renew(signal);
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #renew(signal?: AbortSignal): Promise<void> {
    // Asking is what makes the node renew in the background, once a third of the time is left.
    const certificate = await this.#node.certificate({ signal });
    if (certificate.cert === this.#current?.cert) return;
    this.#current = certificate;
    this.#use({ key: certificate.key, cert: certificate.cert });
  }

  #schedule(): void {
    const left = this.#current!.validTo.getTime() - Date.now();
    // Spread, so that a tailnet full of nodes does not ask at once.
    const delay = Math.min(HALF_DAY, Math.max(MINUTE, left / 10)) * (0.9 + Math.random() * 0.2);
    this.#timer = setTimeout(async () => {
      await this.#renew().catch(() => {}); // the current one still serves; the next look comes
      if (this.#timer) this.#schedule();
    }, delay);
    this.#timer.unref();
  }
}
