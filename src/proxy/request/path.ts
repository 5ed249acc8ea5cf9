/** The request target: forwarded verbatim in origin-form or refused, never interpreted or repaired. */
import { leadsUp } from './dot-segments.ts';
import { badRequest, type Refusal } from './framing.ts';

const ABSOLUTE = /^(https?):\/\/([^/?#]*)([^#]*)$/i;
// Node's HTTP/1.1 parser refuses these itself; its HTTP/2 parser lets some of them through.
const NOT_IN_URL = /[^\x21-\x7e]/;

/** Where an upstream is mounted. */
export interface Mount {
  /** What is stripped from the paths of its requests; empty for nothing. */
  prefix: string;
  /** Whether the origin has more paths than those of the upstream, so that none of these may resolve to another. */
  shared: boolean;
}

const ALONE: Mount = { prefix: '', shared: false };

/** Returns the path and query for the upstream, or why there is none. */
export function forwardPath(
  target: string,
  host: string,
  secure: boolean,
  basePath: string,
  { prefix, shared }: Mount = ALONE,
): string | Refusal {
  const path = originForm(target, host, secure);
  if (typeof path !== 'string') return path;
  // rule: a request target only has the characters of a URL
  if (NOT_IN_URL.test(path)) return badRequest('The request target has characters that are not allowed in a URL.');
  // `//evil/x` is a path like any other as long as no one parses it as a URL.
  // rule: a request target has no fragment
  if (path.includes('#')) return badRequest('The request target has a fragment.');
  return pathForTarget(path, basePath, { prefix, shared });
}

/** Returns what a path of ours, with its query, is to the target, or why it is nothing. */
export function pathForTarget(path: string, basePath: string, { prefix, shared }: Mount): string | Refusal {
  // rule: dot segments do not leave a route — mutate: && !shared =>
  if (basePath === '' && prefix === '' && !shared) return path;
  // rule: dot segments do not leave the path of a target
  if (leadsUp(path.split('?', 1)[0]!)) return badRequest('The path has ".." segments.');
  const rest = prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path;
  // The path of the target itself keeps the form in which it was asked for, with or without a slash.
  return basePath + (rest.startsWith('/') || (prefix !== '' && basePath !== '') ? rest : `/${rest}`);
}

function originForm(target: string, host: string, secure: boolean): string | Refusal {
  if (target.charCodeAt(0) === 0x2f) return target;
  const absolute = ABSOLUTE.exec(target);
  // rule: a request target is a path or a URL — mutate: badRequest('The request target is not a path.') => `/${target}`
  if (!absolute) return badRequest('The request target is not a path.');
  const [, scheme = '', authority = '', rest = ''] = absolute;
  // RFC 9112 §3.2.2 has a server trust the absolute-form over Host; if they differ, one of them lies.
  // rule: a URL as the request target names the Host — mutate: authority.toLowerCase() !== host.toLowerCase() => false
  // rule: a URL as the request target names the scheme — mutate: (scheme.toLowerCase() === 'https') !== secure => false
  if (authority.toLowerCase() !== host.toLowerCase() || (scheme.toLowerCase() === 'https') !== secure) {
    return badRequest('The request target and the Host header do not match.');
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Whether a path, with its query and fragment, is a prefix or below it. */
export function isBelow(path: string, prefix: string): boolean {
  if (prefix === '/') return true;
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  // rule: a route ends where its name does
  // mutate: next === undefined || next === '/' || next === '?' || next === '#' => true
  return next === undefined || next === '/' || next === '?' || next === '#';
}
