/** The ports of an exposure as URLs. */
import type { PortPlan } from './ports.ts';

const DEFAULT_PORTS = { http: 80, https: 443 };

/**
 * Where the service is, the best first.
 *
 * @param secure whether HTTPS works already; without a certificate it has no address
 */
export function addresses(
  { name, fqdn, ips, magicDns }: { name: string; fqdn: string; ips: readonly string[]; magicDns?: boolean },
  plan: readonly PortPlan[],
  secure: boolean,
): string[] {
  const urls: string[] = [];
  // Without MagicDNS no name resolves.
  const direct = magicDns === false ? ips.map((ip) => (ip.includes(':') ? `[${ip}]` : ip)) : [];
  const byIp: string[] = [];
  for (const { port, speech } of plan) {
    if (speech === 'https' && secure) urls.push(url('https', fqdn, port));
    // Certificates are for the full name; without TLS the short one does.
    if (speech === 'http') urls.push(url('http', fqdn, port), url('http', name, port));
    if (speech === 'http') byIp.push(...direct.map((ip) => url('http', ip, port)));
    if (speech === 'tcp') byIp.push(...direct.map((ip) => `tcp://${ip}:${port}`));
    if (speech === 'tcp' || (speech === 'tls' && secure)) urls.push(`${speech}://${fqdn}:${port}`);
  }
  return [...byIp, ...urls];
}

function url(scheme: 'http' | 'https', host: string, port: number): string {
  return port === DEFAULT_PORTS[scheme] ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}
