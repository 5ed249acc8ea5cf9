import { X509Certificate } from 'node:crypto';
import { TsexposeError } from '../../errors.ts';
import { refusal } from '../local-api.ts';
import type { TailnetStatus } from '../status.ts';

/** A certificate of the node for its MagicDNS name. `key` and `cert` are what `tls` and `https` take. */
export interface TailnetCertificate {
  /** The name that it is for. */
  domain: string;
  /** The certificate and those that vouch for it, as PEM. */
  cert: string;
  /** The private key, as PEM. */
  key: string;
  validFrom: Date;
  validTo: Date;
}

/** What certificates are wanted. */
export interface CertificateOptions {
  /** One of `status().certDomains`. @default the node's own name */
  domain?: string;
  /** How long it has to be valid still, in milliseconds; a shorter one is renewed first. @default 0 */
  minValidity?: number;
  signal?: AbortSignal;
}

interface CertificateSource {
  status(options: { signal?: AbortSignal }): Promise<TailnetStatus>;
  localApi(method: string, path: string, body: undefined, options: { signal?: AbortSignal }): Promise<Response>;
}

/**
 * Gets a certificate from the node, which keeps it in its state directory; see `Tailnet.certificate`.
 *
 * @internal
 */
export async function getCertificate(
  node: CertificateSource,
  options: CertificateOptions,
): Promise<TailnetCertificate> {
  const { signal, minValidity = 0 } = options;
  const { certDomains, fqdn, magicDns } = await node.status({ signal });
  const domain = options.domain ?? fqdn;
  if (!certDomains.includes(domain)) throw notOffered(domain, certDomains, magicDns);
  const path = `cert/${domain}?type=pair&min_validity=${Math.ceil(minValidity / 1000)}s`;
  const response = await node.localApi('GET', path, undefined, { signal });
  if (!response.ok) throw failed(domain, await refusal(response), Number(response.headers.get('retry-after')));
  const pem = await response.text();
  // The key comes first.
  const border = pem.indexOf('-----BEGIN CERTIFICATE-----');
  const cert = pem.slice(border);
  const { validFrom, validTo } = new X509Certificate(cert);
  return { domain, cert, key: pem.slice(0, border), validFrom: new Date(validFrom), validTo: new Date(validTo) };
}

function notOffered(domain: string, offered: string[], magicDns: boolean): TsexposeError {
  if (offered.length > 0) {
    const message = `Expected one of the node's names (${offered.join(', ')}), got ${domain}.`;
    return new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', message);
  }
  const feature = magicDns ? 'HTTPS is' : 'MagicDNS and HTTPS are';
  return new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', `${feature} not enabled on this tailnet.`, {
    suggestions: ['Enable it at https://login.tailscale.com/admin/dns.', 'Use http: the tailnet encrypts anyway.'],
  });
}

/** The error of a request that failed; `retryAfter` milliseconds have to pass before the next, where the authority said so. */
function failed(domain: string, reason: string, seconds: number): TsexposeError & { retryAfter?: number } {
  const error = new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', `The node got no certificate for ${domain}: ${reason}`);
  return seconds > 0 ? Object.assign(error, { retryAfter: seconds * 1000 }) : error;
}
