/** The URLs of an exposure. */
import type { PortPlan } from './ports.ts';

const DEFAULT_PORTS = { http: 80, https: 443 };

/**
 * Returns where an app is, the best URL first.
 *
 * @param secure whether HTTPS works yet; without a certificate it has no URL
 */
export function addresses(
  { name, fqdn, ips, magicDns }: { name: string; fqdn: string; ips: readonly string[]; magicDns?: boolean },
  ports: readonly PortPlan[],
  secure: boolean,
): string[] {
  const urls: string[] = [];
  // Without MagicDNS no name resolves.
  const direct = magicDns === false ? ips.map((ip) => (ip.includes(':') ? `[${ip}]` : ip)) : [];
  const byIp: string[] = [];
  for (const { port, speech } of ports) {
    if (speech === 'https' && secure) urls.push(url('https', fqdn, port));
    // Certificates are for the full name. Without TLS the short one works too.
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
