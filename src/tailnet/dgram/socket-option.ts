/**
 * The options of a UDP socket that mean nothing on a tailnet: multicast, broadcast, TTL, buffer sizes. They behave as
 * with Node on an interface that has no multicast. Each returns 0 or a negative errno, as libuv does.
 */
import { isIP } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { errno } from '../net/system-error.ts';

const OK = 0;
const MAX_TTL = 255;
const MAX_INT = 2 ** 31 - 1;

/** Checks a time to live, whether or not for multicast. */
export function setTtl(ttl: number, lowest: 0 | 1, isBound: boolean): number {
  if (ttl < lowest || ttl > MAX_TTL) return errno('EINVAL');
  return isBound ? OK : errno('EBADF');
}

/** Checks an address to send multicast from. */
export function setMulticastInterface(address: string, family: 4 | 6): number {
  const ip = withoutScope(address);
  if (isIP(ip) !== family || isMulticast(ip)) return errno('EINVAL');
  return WILDCARDS.has(ip) ? OK : errno('EADDRNOTAVAIL');
}

/** Refuses to join or leave a multicast group: with EINVAL what is no group, with `refusal` all others. */
export function changeMembership(group: string, family: 4 | 6, refusal: 'ENODEV' | 'EADDRNOTAVAIL'): number {
  const ip = withoutScope(group);
  return errno(isIP(ip) === family && isMulticast(ip) ? refusal : 'EINVAL');
}

/** The sizes of a socket's buffers, which are kept for those who ask for them. */
export class BufferSizes {
  readonly #sizes = { recv: 0, send: 0 };

  /** Sets a size, or returns it when given 0; returns undefined after writing into `failure` what is wrong. */
  change(size: number, way: 'recv' | 'send', isBound: boolean, failure: object): number | undefined {
    const problem = !isBound ? 'EBADF' : size > MAX_INT ? 'EINVAL' : undefined;
    if (problem) {
      const message = getSystemErrorMap().get(errno(problem))?.[1];
      Object.assign(failure, { errno: errno(problem), code: problem, message, syscall: `uv_${way}_buffer_size` });
      return undefined;
    }
    // The kernel of Linux doubles what it is given.
    if (size > 0) this.#sizes[way] = process.platform === 'linux' ? 2 * size : size;
    return this.#sizes[way];
  }
}

const WILDCARDS = new Set(['0.0.0.0', '::']);

function withoutScope(address: string): string {
  return address.replace(/%.*/, '');
}

function isMulticast(ip: string): boolean {
  return isIP(ip) === 4 ? /^2(2[4-9]|3\d)\./.test(ip) : /^ff/i.test(ip);
}
