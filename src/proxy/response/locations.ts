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

const REFERENCE = /^(?:(https?):)?\/\/([^/?#]*)(.*)$/is;

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
        headers[i + 1] = mapReference(value, place, origin);
        break;
      case 'refresh':
        headers[i + 1] = value.replace(
          /^(\s*[\d.]+\s*[;,]\s*url\s*=\s*["']?)([^"']*)/i,
          (_, before, url) => before + mapReference(url, place, origin),
        );
        break;
      case 'set-cookie':
        headers[i + 1] = mapCookie(value, place);
    }
  }
}

/** Maps a URL or a path of the app. What leads elsewhere stays as it is. */
function mapReference(text: string, place: Place, origin: string | undefined): string {
  if (text.startsWith('/') && !text.startsWith('//')) return mapPath(text, place);
  const [, scheme, authority = '', rest = ''] = REFERENCE.exec(text) ?? [];
  const asked = origin === undefined ? undefined : new URL(origin);
  if (!asked || authority === '') return text;
  const start = scheme === undefined ? '//' : `${scheme}://`;
  if (isSame(authority, asked, scheme ?? asked.protocol.slice(0, -1))) return start + authority + mapPath(rest, place);
  if (!isOfTarget(authority, scheme, place)) return text;
  if (scheme === undefined) return `//${asked.host}${mapPath(rest, place)}`;
  const ownScheme = place.target.protocol === 'https' ? 'https' : 'http';
  // An app that asks for HTTPS gets it; any other speaks of the way that it was asked.
  if (scheme.toLowerCase() === ownScheme) return asked.origin + mapPath(rest, place);
  return `${scheme}://${asked.hostname}${mapPath(rest, place)}`;
}

/** Whether an authority is the one that the caller asked, its default port written or not. */
function isSame(authority: string, asked: URL, scheme: string): boolean {
  return URL.canParse(`${scheme}://${authority}`) && new URL(`${scheme}://${authority}`).host === asked.host;
}

/** Whether an authority is the app's: the one it is told, or its own port under a name of its machine or of ours. */
function isOfTarget(authority: string, scheme: string | undefined, { target, own, sentHost }: Place): boolean {
  if (authority.toLowerCase() === sentHost?.toLowerCase()) return true;
  const ownScheme = target.protocol === 'https' ? 'https' : 'http';
  const url = `${scheme ?? ownScheme}://${authority}`;
  if (authority.includes('@') || !URL.canParse(url)) return false;
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const number = Number(port) || (url.startsWith('https') ? 443 : 80);
  if (number !== (target.port || 80)) return false;
  // rule: a foreign Location stays foreign
  // mutate: return host => return true || host
  return host === target.host.toLowerCase() || (isLoopback(target.host) && isLoopback(host)) || own.has(host);
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

function mapCookie(cookie: string, place: Place): string {
  const [pair = '', ...attributes] = cookie.split(';');
  const kept = attributes.flatMap((attribute) => {
    const [, name = '', space = '', value = ''] = /^(\s*(?:path|domain)\s*=)(\s*)(.*?)\s*$/is.exec(attribute) ?? [];
    if (/domain/i.test(name)) return value.replace(/^\./, '').toLowerCase() === place.target.host ? [] : [attribute];
    // A cookie for the whole origin is for other routes too.
    if (name === '' || !value.startsWith('/') || value === '/') return [attribute];
    return [name + space + mapPath(value, place)];
  });
  return [pair, ...kept].join(';');
}
