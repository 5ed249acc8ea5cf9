import { isIP } from 'node:net';
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** The failed call, as Node's own errors describe it. */
export interface SystemErrorDetails {
  syscall: 'listen' | 'connect' | 'bind' | 'send';
  address?: string;
  port?: number;
}

// Codes without an errno: they come from getaddrinfo.
const UNNUMBERED: Record<string, string> = { ENOTFOUND: 'getaddrinfo' };

/**
 * Turns an error from Go into one like Node's own: `connect ECONNREFUSED 100.64.0.2:81` with `code`, `errno`,
 * `syscall`, `address` and `port`. Leaves our own errors and aborts as they are.
 */
export function systemError(error: Error & { code?: string }, details: SystemErrorDetails): Error {
  const { code } = error;
  if (!code || !/^E[A-Z0-9]+$/.test(code)) return error;
  const { syscall, address, port } = details;
  if (code in UNNUMBERED) {
    const message = `${UNNUMBERED[code]} ${code} ${address}`;
    return Object.assign(new Error(message), { errno: -3008, code, syscall: UNNUMBERED[code], hostname: address });
  }
  const number = errno(code) || undefined;
  const where = address && port !== undefined ? `${isIP(address) === 6 ? `[${address}]` : address}:${port}` : address;
  const words = syscall === 'connect' || !number ? '' : `: ${getSystemErrorMap().get(number)?.[1]}`;
  const message = [`${syscall} ${code}${words}`, where].filter(Boolean).join(' ');
  return Object.assign(new Error(message), { errno: number, code, syscall, address, port });
}

/** Returns the number of a system error as libuv has it, which is negative; 0 for a code that is none of the system's. */
export function errno(code: string | undefined): number {
  return -((constants.errno as Record<string, number>)[code ?? ''] ?? 0);
}
