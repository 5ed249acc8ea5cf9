/**
 * Checks that a request is meant for this chat and comes from its own page. A browser connects as its user wherever a
 * page asks it to, so another page could write in the user's name (cross-site WebSocket hijacking), and a page under a
 * name that an attacker points at the chat's address (DNS rebinding) could read the chat.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isSecure } from './response.ts';

/** What is wrong with the Host or Origin of a request. */
export interface OriginFault {
  status: 403 | 421;
  message: string;
}

/**
 * Checks the Host of a request against the names and addresses of the chat. Loopback is always one of them: a sandbox's
 * door or a forwarded port leads here from there, and no page can rebind it.
 */
export function hostFault(request: IncomingMessage, names: readonly string[]): OriginFault | undefined {
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  const host = hostnameOf(request.headers.host ?? '');
  // Node.js takes the first of several Host lines; another parser may take the last (RFC 9112 §3.2).
  // rule: a request has exactly one Host — mutate: hosts.length === 1 && =>
  if (hosts.length === 1 && host !== undefined && isOurs(host, names)) return undefined;
  const [name = 'its own name'] = names;
  return { status: 421, message: `This chat is only available as ${name}.` };
}

/** Checks the Host and Origin of a WebSocket. Programs send no Origin; browsers always do. */
export function originFault(request: IncomingMessage, names: readonly string[]): OriginFault | undefined {
  const fault = hostFault(request, names);
  if (fault) return fault;
  const { origin, host } = request.headers;
  const scheme = isSecure(request) ? 'https' : 'http';
  // rule: a page opens a WebSocket only to the scheme and host it came from
  // mutate: origin === undefined => true
  // mutate: ${scheme}:// => ${origin.split(':')[0]}://
  // mutate: origin.toLowerCase() === `${scheme}://${host?.toLowerCase()}` => origin.startsWith(`${scheme}://${host}`)
  if (origin === undefined || origin.toLowerCase() === `${scheme}://${host?.toLowerCase()}`) return undefined;
  return { status: 403, message: 'Only the page of this chat may connect to it.' };
}

function isOurs(host: string, names: readonly string[]): boolean {
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return true;
  // rule: a name that is not the chat's own is refused, wherever it points
  // mutate: name.toLowerCase() === host => true
  return names.some((name) => name.toLowerCase() === host);
}

function hostnameOf(host: string): string | undefined {
  // rule: a Host with more than a name and a port is refused rather than interpreted
  // mutate: return undefined => return host.split('@')[0]
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(host)) return undefined;
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}
