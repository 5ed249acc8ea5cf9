/** What refers back: the app's own addresses and paths in its responses, as the caller knows them. */

import { isLoopback, type OwnHosts } from '../request/own-hosts.ts';
import { isBelow, type Mount } from '../request/path.ts';
import type { Target } from '../target/target-types.ts';

/** Where an app is, on both sides. */
export interface Place {
  target: Target;
  mount: Mount;
  own: OwnHosts;
  /** The Host that the app gets in place of the caller's. */
  sentHost: string | undefined;
}

// The scheme, the userinfo, the host with its port, and what follows.
const REFERENCE = /^(?:(https?):)?\/\/([^/?#@]*@)?([^/?#@]*)(?:$|([/?#].*)$)/is;

/**
 * Maps `Location`, `Content-Location`, `Refresh` and the `Path` and `Domain` of cookies, in place.
 *
 * @param origin the origin that the caller asked, such as `https://myapp`; undefined if it did not say
 */
export function mapBack(headers: string[], place: Place, origin: string | undefined): void {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    // Only names of these lengths matter, so most headers cost one comparison.
    if (![7, 8, 10, 16].includes(name.length)) continue;
    const value = headers[i + 1]!;
    switch (name.toLowerCase()) {
      case 'location':
      case 'content-location':
        headers[i + 1] = mapReference(value, place, parseUrl(origin));
        break;
      case 'refresh':
        headers[i + 1] = value.replace(
          /^(\s*[\d.]+\s*[;,\s]\s*(?:url\s*=\s*)?["']?)([^"']*)/i,
          (_, before, url) => before + mapReference(url, place, parseUrl(origin)),
        );
        break;
      case 'set-cookie':
        headers[i + 1] = mapCookie(value, place, origin);
    }
  }
}

/** Parses a URL, if it is one: an app may send anything, and a caller a Host with a port that no URL can have. */
function parseUrl(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}

/** Maps a URL or a path of the app. What leads elsewhere stays as it is. */
function mapReference(text: string, place: Place, asked: URL | undefined): string {
  if (text.startsWith('/') && !text.startsWith('//')) {
    const path = mapPath(text, place);
    // Without the app's own path, `/app//evil.example` would be the name of a host; browsers skip tabs and take `\` for `/`.
    // rule: a path does not become another host
    if (path !== text && /^\/\t*[/\\]/.test(path)) return `/.${path}`;
    return path;
  }
  const [, scheme, userinfo = '', authority = '', rest = ''] = REFERENCE.exec(text) ?? [];
  if (!asked || authority === '') return text;
  const start = scheme === undefined ? `//${userinfo}` : `${scheme}://${userinfo}`;
  const url = parseUrl(`${scheme ?? asked.protocol.slice(0, -1)}://${authority}`);
  if (url?.host === asked.host || (url && isOwnOrigin(url, asked, place)))
    return start + authority + mapPath(rest, place);
  if (!isOfTarget(authority, scheme, place)) return text;
  if (scheme === undefined) return start + asked.host + mapPath(rest, place);
  const ownScheme = place.target.protocol === 'https' ? 'https' : 'http';
  // An app that asks for HTTPS gets it; any other speaks of the way that it was asked.
  if (scheme.toLowerCase() === ownScheme) return `${asked.protocol}//${userinfo}${asked.host}${mapPath(rest, place)}`;
  return `${scheme.toLowerCase()}://${userinfo}${asked.hostname}${mapPath(rest, place)}`;
}

/** Whether a URL has another of our origins that leads to the same target: both have the default port. */
function isOwnOrigin({ origin, port }: URL, asked: URL, { own }: Place): boolean {
  return port === '' && asked.port === '' && own.hasOrigin(origin);
}

/** Whether an authority is the app's: the one it is told, or its own port under a name of its machine or of ours. */
function isOfTarget(authority: string, scheme: string | undefined, { target, own, sentHost }: Place): boolean {
  if (authority.toLowerCase() === sentHost?.toLowerCase()) return true;
  const url = parseUrl(`${scheme ?? (target.protocol === 'https' ? 'https' : 'http')}://${authority}`);
  if (!url) return false;
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  if (port !== (target.port || 80)) return false;
  // rule: a foreign Location stays foreign
  // mutate: return isHostOf => return true || isHostOf
  return isHostOf(target, host) || own.has(host);
}

/** Whether a host is the target's, by any of the names of this machine if it is there. */
function isHostOf({ host }: Target, other: string): boolean {
  return other === host.toLowerCase() || (isLoopback(host) && (isLoopback(other) || isUnspecified(other)));
}

/** Whether an address stands for all addresses of a machine: what an app says that listens on all of them. */
function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Maps a path of the app, with its query and fragment: without the target's own path, and behind the route's prefix. */
function mapPath(path: string, { target: { basePath }, mount: { prefix } }: Place): string {
  if (basePath === '' && prefix === '') return path;
  // An app that reads X-Forwarded-Prefix has mapped it already.
  if (basePath === '' && isBelow(path, prefix)) return path;
  if (basePath !== '' && !isBelow(path, basePath)) return path;
  const rest = path.slice(basePath.length);
  return prefix + (prefix !== '' || rest.startsWith('/') ? rest : `/${rest}`);
}

function mapCookie(cookie: string, place: Place, origin: string | undefined): string {
  const [pair = '', ...attributes] = cookie.split(';');
  const kept = attributes.flatMap((attribute) => {
    const [, name = '', space = '', value = ''] = /^(\s*(?:path|domain)\s*=)(\s*)(.*?)\s*$/is.exec(attribute) ?? [];
    if (/domain/i.test(name))
      return isForeignDomain(value.replace(/^\./, '').toLowerCase(), place, origin) ? [] : [attribute];
    // A cookie for the whole origin is for other routes too.
    if (name === '' || !value.startsWith('/') || value === '/') return [attribute];
    return [name + space + mapPath(value, place)];
  });
  return [pair, ...kept].join(';');
}

/** Whether a domain is the app's own and not the caller's, whose browser would not keep the cookie. */
function isForeignDomain(domain: string, { target, sentHost }: Place, origin: string | undefined): boolean {
  const asked = parseUrl(origin);
  if (asked && isWithin(asked.hostname, domain)) return false;
  const told = sentHost?.replace(/:\d+$/, '').toLowerCase();
  return isHostOf(target, domain) || [target.host.toLowerCase(), told].some((host) => host && isWithin(host, domain));
}

/** Whether a domain has a host; one without a dot has none but itself. */
function isWithin(host: string, domain: string): boolean {
  return host === domain || (domain.includes('.') && host.endsWith(`.${domain}`));
}
