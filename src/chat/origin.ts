/**
 * Whether a request is meant for this chat and comes from its own page. A browser connects as its user wherever a page
 * asks it to, so another page could speak in the visitor's name (cross-site WebSocket hijacking), and one under a name
 * that an attacker points at the chat's address (DNS rebinding) could read it.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isSecure } from './answer.ts';

/** What a chat is called. */
export interface ChatNames {
  /** Names and addresses, without ports. */
  names: readonly string[];
  /** Whether it is also called by loopback addresses, as through the doors of a sandbox. @default false */
  loopback?: boolean;
}

/** What is wrong with where a request comes from; undefined when nothing is. */
export interface OriginFault {
  status: 403 | 421;
  message: string;
}

/** Checks the Host of a request. */
export function hostFault(request: IncomingMessage, ours: ChatNames): OriginFault | undefined {
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  const host = hostnameOf(request.headers.host ?? '');
  // Node.js takes the first of several Host lines, another parser may take the last (RFC 9112 §3.2).
  if (hosts.length === 1 && host !== undefined && isOurs(host, ours)) return undefined;
  const [name = 'its own name'] = ours.names;
  return { status: 421, message: `This chat answers to ${name} only.` };
}

/** Checks the Host and the Origin of a WebSocket. Programs send no Origin; browsers always do. */
export function originFault(request: IncomingMessage, ours: ChatNames): OriginFault | undefined {
  const fault = hostFault(request, ours);
  if (fault) return fault;
  const { origin, host } = request.headers;
  const scheme = isSecure(request) ? 'https' : 'http';
  if (origin === undefined || origin.toLowerCase() === `${scheme}://${host?.toLowerCase()}`) return undefined;
  return { status: 403, message: 'Only the page of this chat may connect to it.' };
}

function isOurs(host: string, { names, loopback }: ChatNames): boolean {
  if (loopback && (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))))
    return true;
  return names.some((name) => name.toLowerCase() === host);
}

function hostnameOf(host: string): string | undefined {
  // Whatever has more in it than a name and a port is refused rather than interpreted.
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(host)) return undefined;
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}
