import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { TsexposeError } from '../../errors.ts';

/** A node's certificate for its MagicDNS name. Pass `key` and `cert` to `tls` or `https`. */
export interface TailnetCertificate {
  /** The name that it was issued for. */
  domain: string;
  /** The certificate and its chain, as PEM. */
  cert: string;
  /** The private key, as PEM. */
  key: string;
  validFrom: Date;
  validTo: Date;
}

/** Which certificate to get. */
export interface CertificateOptions {
  /** One of `status().certDomains`. @default the node's own name */
  domain?: string;
  /** Renews the certificate first if it is valid for fewer milliseconds than this. @default 0 */
  minValidity?: number;
  signal?: AbortSignal;
}

interface CertifiedNode {
  status(options: { signal?: AbortSignal }): Promise<{ certDomains: string[]; fqdn: string; magicDns: boolean }>;
}

/** Sends a GET to the node's LocalAPI. */
type LocalApiGet = (path: string, signal: AbortSignal | undefined) => Promise<IncomingMessage>;

/**
 * Gets a certificate from a node, which keeps it in its state directory; see `Tailnet.certificate`.
 *
 * @internal
 */
export async function getCertificate(
  node: CertifiedNode,
  get: LocalApiGet,
  options: CertificateOptions,
): Promise<TailnetCertificate> {
  const { signal, minValidity = 0 } = options;
  const { certDomains, fqdn, magicDns } = await node.status({ signal });
  const domain = options.domain ?? fqdn;
  if (!certDomains.includes(domain)) throw notOffered(domain, certDomains, magicDns);
  const path = `cert/${domain}?type=pair&min_validity=${Math.ceil(minValidity / 1000)}s`;
  const response = await get(path, signal);
  const pem = await text(response);
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) throw failed(domain, refusal(pem) || `${statusCode}`, Number(headers['retry-after']));
  // The key comes first.
  const border = pem.indexOf('-----BEGIN CERTIFICATE-----');
  const cert = pem.slice(border);
  const { validFrom, validTo } = new X509Certificate(cert);
  return { domain, cert, key: pem.slice(0, border), validFrom: new Date(validFrom), validTo: new Date(validTo) };
}

/**
 * Checks that the tailnet offers certificates for the node's name, without getting one.
 *
 * @internal
 * @throws TsexposeError `ERR_TSEXPOSE_CERTIFICATE`
 */
export async function requireCertificates(node: CertifiedNode, { signal }: { signal?: AbortSignal }): Promise<void> {
  const { certDomains, fqdn, magicDns } = await node.status({ signal });
  if (!certDomains.includes(fqdn)) throw notOffered(fqdn, certDomains, magicDns);
}

function notOffered(domain: string, offered: string[], magicDns: boolean): TsexposeError {
  if (offered.length > 0) {
    const message = `Expected one of the node's names (${offered.join(', ')}), got ${domain}.`;
    return new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', message);
  }
  const feature = magicDns ? 'HTTPS is' : 'MagicDNS and HTTPS are';
  return new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', `${feature} not enabled on this tailnet.`, {
    suggestions: ['Enable it at https://login.tailscale.com/admin/dns.', 'Use HTTP: the tailnet encrypts it too.'],
  });
}

/** The error of a failed request, with the milliseconds to wait if the authority asked for it. */
function failed(domain: string, reason: string, seconds: number): TsexposeError & { retryAfter?: number } {
  const error = new TsexposeError('ERR_TSEXPOSE_CERTIFICATE', `Could not get a certificate for ${domain}: ${reason}`);
  return seconds > 0 ? Object.assign(error, { retryAfter: seconds * 1000 }) : error;
}

/** Returns the reason that the LocalAPI gives for refusing a request. */
function refusal(body: string): string {
  const reason = body.trim();
  try {
    return (JSON.parse(reason) as { error?: string }).error ?? reason;
  } catch {
    return reason;
  }
}
