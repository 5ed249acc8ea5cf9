/** The ports of an exposure as URLs. */
import type { PortPlan } from './ports.ts';

const DEFAULT_PORTS = { http: 80, https: 443 };

/**
 * Where the service is, the best first.
 *
 * @param secure whether HTTPS works already; without a certificate it has no address
 */
export function addresses(
  { name, fqdn }: { name: string; fqdn: string },
  plan: readonly PortPlan[],
  secure: boolean,
): string[] {
  const urls: string[] = [];
  for (const { port, speech } of plan) {
    if (speech === 'https' && secure) urls.push(url('https', fqdn, port));
    // Certificates are for the full name; without TLS the short one does.
    if (speech === 'http') urls.push(url('http', fqdn, port), url('http', name, port));
    if (speech === 'tcp' || (speech === 'tls' && secure)) urls.push(`${speech}://${fqdn}:${port}`);
  }
  return urls;
}

function url(scheme: 'http' | 'https', host: string, port: number): string {
  return port === DEFAULT_PORTS[scheme] ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}
