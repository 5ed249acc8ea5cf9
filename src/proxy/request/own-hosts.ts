/**
 * Which hosts are ours. Identity is ambient: a browser sends it with every request to our address. A page that points
 * its own name at that address (DNS rebinding) is same-origin with what it finds there, and would read the app as the
 * person who opened it. One thing it cannot change: the Host of its requests is the name that it was loaded from.
 */
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { TsexposeError } from '../../errors.ts';

/** What a node or a Service is known by. */
export interface HostNames {
  /** Names and addresses, such as `myapp`, `myapp.tail1234.ts.net` and `100.64.0.1`. */
  names?: readonly string[];
  /** URLs, such as `https://myapp.tail1234.ts.net`. */
  origins?: readonly string[];
}

// RFC 9110 §7.2 with RFC 3986 §3.2.2, less the characters that no real host name has.
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(:\d{0,5})?$/;

/** Whether a text is a valid `Host`. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/**
 * Checks a host of `--host`: a name or an address, or `*` for every host.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION
 */
export function checkHost(text: string): void {
  const isName = !/[\s/?#@:%\\]/.test(text) && /^[a-z0-9._-]*[a-z0-9][a-z0-9._-]*$/i.test(domainToASCII(text));
  if (text === '*' || isIP(text) !== 0 || isName) return;
  const name = /^(?:[a-z]+:\/\/)?([^/:@\s]+)/i.exec(text)?.[1];
  const message = `Expected a host name without a scheme and a port for --host, got ${JSON.stringify(text)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: [name && name !== text ? `--host ${name}` : '--host app.example.com'],
  });
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether a host, without a port, is the loopback interface. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost' || host.endsWith('.localhost');
  return LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** The hosts that are ours; they change while the proxy runs. */
export class OwnHosts {
  readonly #given: readonly string[];
  readonly #any: boolean;
  #names = new Set<string>();
  #ips: string[] = [];
  #addresses = new BlockList();
  #origins = new Set<string>();

  /** @param given the hosts of `--host` */
  constructor(given: readonly string[] = [], names: HostNames = {}) {
    this.#given = given.filter((host) => host !== '*');
    this.#any = given.includes('*');
    this.update(names);
  }

  /** Replaces the names that the tailnet gave. */
  update({ names = [], origins = [] }: HostNames): void {
    this.#names = new Set();
    this.#ips = [];
    this.#addresses = new BlockList();
    this.#origins = new Set(origins.map((origin) => new URL(origin).origin));
    const given = this.#given.map((name) => (isIP(name) === 0 ? domainToASCII(name) : name));
    for (const name of [...names, ...given, ...origins.map((origin) => new URL(origin).hostname)]) {
      const key = hostKey(name);
      const family = isIP(key);
      // rule: a name that is not known yet is no host
      // mutate: key !== '' => true
      if (family === 0 && key !== '') this.#names.add(key);
      else if (family !== 0) {
        this.#ips.push(key);
        this.#addresses.addAddress(key, family === 6 ? 'ipv6' : 'ipv4');
      }
    }
  }

  /** Returns all names, addresses and origins; with `any`, every host is served. */
  lists() {
    return { any: this.#any, names: [...this.#names], addresses: this.#ips, origins: [...this.#origins] };
  }

  /** Whether a request for a host is served. */
  serves(host: string): boolean {
    // rule: --host '*' is the only way to serve every host
    // mutate: this.#any => true
    return this.#any || this.has(host);
  }

  /**
   * Whether a host is ours, whatever its port: by a name or an address of the tailnet, by `--host`, or because it is the
   * loopback interface, where doors and forwarded ports are. No page can rebind that.
   */
  has(host: string): boolean {
    const key = hostKey(host);
    const family = isIP(key);
    const isKnown = family === 0 ? this.#names.has(key) : this.#addresses.check(key, family === 6 ? 'ipv6' : 'ipv4');
    return isKnown || isLoopback(key);
  }

  /** Whether a URL's origin is ours, with its scheme and port. */
  hasOrigin(origin: string): boolean {
    return this.#origins.has(origin.toLowerCase());
  }
}

/** Returns a host as hosts are compared: without port, brackets and final dot, and in lower case. */
function hostKey(host: string): string {
  if (isIP(host) === 6) return host;
  const name = host.replace(/:\d*$/, '').replace(/^\[([0-9a-f:.]*)\]$/i, '$1');
  // rule: a name may end with a dot
  // mutate: name.replace(/\.$/, '') => name
  return name.replace(/\.$/, '').toLowerCase();
}
