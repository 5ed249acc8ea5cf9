/** Certificates in a directory of the user's, for nodes that keep no state: a name that is redeployed asks once. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TsexposeError } from '../../errors.ts';
import type { TailnetCertificate } from './certificate.ts';

/** A directory with a file `NAME.pem` for each name: the key, then the certificate and those that vouch for it. */
export class CertificateCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The certificate for a name; undefined where there is none, or none that is of use. */
  async read(domain: string): Promise<TailnetCertificate | undefined> {
    let pem: string;
    try {
      pem = await readFile(this.#path(domain), 'utf8');
    } catch {
      return undefined;
    }
    try {
      return parse(domain, pem);
    } catch {
      return undefined; // damaged: the next one is written over it
    }
  }

  /**
   * Keeps a certificate, readable for its owner only.
   *
   * @throws ERR_TSEXPOSE_CERTIFICATE where the directory cannot be written
   */
  async write({ domain, key, cert }: TailnetCertificate): Promise<void> {
    const path = this.#path(domain);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      // In one step: another process may read at the same time.
      await writeFile(`${path}.${process.pid}`, key + cert, { mode: 0o600 });
      await rename(`${path}.${process.pid}`, path);
    } catch (cause) {
      const message = `Expected a directory that can be written as --cert-cache, got ${this.#directory}: ${(cause as Error).message}`;
      throw new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', message, {
        suggestions: [`mkdir -p ${this.#directory} && ls -ld ${this.#directory}`],
        cause,
      });
    }
  }

  #path(domain: string): string {
    return join(this.#directory, `${domain}.pem`);
  }
}

function parse(domain: string, pem: string): TailnetCertificate | undefined {
  const border = pem.indexOf('-----BEGIN CERTIFICATE-----');
  const key = pem.slice(0, border);
  const cert = pem.slice(border);
  const certificate = new X509Certificate(cert);
  if (!certificate.checkHost(domain) || !certificate.checkPrivateKey(createPrivateKey(key))) return undefined;
  return {
    domain,
    key,
    cert,
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
  };
}
