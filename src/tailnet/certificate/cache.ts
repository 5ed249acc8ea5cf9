/** Keeps certificates in a directory, for nodes without state: redeploying a name does not request another one. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TsexposeError } from '../../errors.ts';
import type { TailnetCertificate } from './certificate.ts';

/** Returns whether a state directory or a cache has a certificate for a name; it may be too old. */
export function isCertificateKept(directory: string, domain: string): boolean {
  return [join('certs', `${domain}.crt`), `${domain}.pem`].some((file) => existsSync(join(directory, file)));
}

/** A directory with one file `NAME.pem` per name: the key, then the certificate and its chain. */
export class CertificateCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Returns the certificate for a name, or undefined if there is none that can be used. */
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
      return undefined; // damaged: the next one overwrites it
    }
  }

  /**
   * Stores a certificate, readable only by its owner.
   *
   * @throws TsexposeError `ERR_TSEXPOSE_CERTIFICATE` if the directory cannot be written
   */
  async write({ domain, key, cert }: TailnetCertificate): Promise<void> {
    const path = this.#path(domain);
    try {
      // rule: the directory of certificates can only be entered by its owner — mutate: , mode: 0o700 =>
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      // Written aside and renamed, because another process may be reading it.
      // rule: a private key can only be read by its owner — mutate: , { mode: 0o600 } =>
      await writeFile(`${path}.${process.pid}`, key + cert, { mode: 0o600 });
      await rename(`${path}.${process.pid}`, path);
    } catch (cause) {
      const message = `The certificate cache ${this.#directory} cannot be written: ${(cause as Error).message}`;
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
  // rule: a cached certificate is only used for its name, with its key
  // mutate: !certificate.checkHost(domain) || =>
  // mutate: || !certificate.checkPrivateKey(createPrivateKey(key)) =>
  if (!certificate.checkHost(domain) || !certificate.checkPrivateKey(createPrivateKey(key))) return undefined;
  return {
    domain,
    key,
    cert,
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
  };
}
