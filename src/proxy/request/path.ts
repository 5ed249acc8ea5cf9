/** The request target: forwarded verbatim in origin-form, or refused; never interpreted, never repaired. */
import type { Refusal } from './framing.ts';

const ABSOLUTE = /^(https?):\/\/([^/?#]*)([^#]*)$/i;
// In a target with a base path, a service would resolve these out of it.
const DOT_SEGMENT = /(^|[/\\]|%2f|%5c)(\.|%2e){1,2}($|[/\\?;]|%2f|%5c)/i;
// Node's parser of HTTP/1.1 refuses these itself, that of HTTP/2 lets some of them through.
const NO_TARGET = /[^\x21-\x7e]/;

/** Where a service is mounted. */
export interface Mount {
  /** What is taken off the paths of its requests; empty for nothing. */
  prefix: string;
  /** Whether other services share the origin, so that a path must not resolve out of its prefix. */
  shared: boolean;
}

const ALONE: Mount = { prefix: '', shared: false };

/** The path and query for the service, or why there is none. */
export function forwardPath(
  target: string,
  host: string,
  secure: boolean,
  basePath: string,
  { prefix, shared }: Mount = ALONE,
): string | Refusal {
  const path = originForm(target, host, secure);
  if (typeof path !== 'string') return path;
  if (NO_TARGET.test(path)) return { status: 400, reason: 'The request target has characters that are not of a URL.' };
  // `//evil/x` is a path like any other as long as nobody parses it as a URL.
  if (path.includes('#')) return { status: 400, reason: 'The request target has a fragment.' };
  if (basePath === '' && prefix === '' && !shared) return path;
  if (DOT_SEGMENT.test(path.split('?', 1)[0]!)) return { status: 400, reason: 'The path has dot segments.' };
  const rest = prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path;
  return basePath + (rest.startsWith('/') ? rest : `/${rest}`);
}

function originForm(target: string, host: string, secure: boolean): string | Refusal {
  if (target.charCodeAt(0) === 0x2f) return target;
  const absolute = ABSOLUTE.exec(target);
  // RFC 9112 §3.2.2 has a server accept the absolute-form and trust it over Host; where they differ, one of them lies.
  if (!absolute) return { status: 400, reason: 'The request target is no path.' };
  const [, scheme = '', authority = '', rest = ''] = absolute;
  if (authority.toLowerCase() !== host.toLowerCase() || (scheme.toLowerCase() === 'https') !== secure) {
    return { status: 400, reason: 'The request target and the Host of the request differ.' };
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}
