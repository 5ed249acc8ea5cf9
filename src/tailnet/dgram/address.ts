import { isIP } from 'node:net';
import type { Identity } from '../../identity/identity.ts';
import { systemError } from '../net/system-error.ts';

/** The `lookup` option of `dgram.createSocket`. */
export type Lookup = (host: string, family: 4 | 6, callback: LookupCallback) => void;

/** What a lookup calls with an address. */
export type LookupCallback = (error: Error | null, ip?: string) => void;

/** What knows the names of a tailnet. */
export interface NameSource {
  node: { whois(name: string): Promise<Identity> };
  /** Takes its place. */
  lookup?: Lookup;
}

/**
 * Resolves a MagicDNS name to an address of a family; an address of that family is returned as it is.
 *
 * @throws an error with the code `ENOTFOUND`
 */
export async function resolveAddress(address: string, family: 4 | 6, { node, lookup }: NameSource): Promise<string> {
  if (isIP(address) === family) return address;
  if (isIP(address) === 0) {
    if (lookup) return lookUp(lookup, address, family);
    const ip = (await whois(node, address))?.node?.ips.find((candidate) => isIP(candidate) === family);
    if (ip) return ip;
  }
  throw systemError(Object.assign(new Error(), { code: 'ENOTFOUND' }), { syscall: 'send', address });
}

function lookUp(lookup: Lookup, address: string, family: 4 | 6): Promise<string> {
  return new Promise((resolve, reject) => {
    lookup(address, family, (error, ip) => (error ? reject(error) : resolve(ip!)));
  });
}

function whois(node: NameSource['node'], name: string): Promise<Identity | undefined> {
  return node
    .whois(name)
    .catch((error) => (error.code === 'ERR_TSEXPOSE_NOT_FOUND' ? undefined : Promise.reject(error)));
}
