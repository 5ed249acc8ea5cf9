/**
 * `Host` and `Origin` for the upstream. Dev servers refuse hosts that they do not know as their defense against DNS
 * rebinding, so a rewrite only applies to requests for one of our own hosts.
 */
import { isIP } from 'node:net';
import { TsexposeError } from '../../errors.ts';
import type { Target } from '../target/target-types.ts';
import type { OwnHosts } from './own-hosts.ts';

/** `preserve`, `rewrite` (to the target's own authority), or the value to send. */
export type HostHeader = string;

/**
 * Checks a Host header.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION if the value is not a host
 */
export function checkHostHeader(mode: HostHeader): void {
  if (mode === 'preserve' || mode === 'rewrite') return;
  // rule: the Host to send is a valid one
  // mutate: if (/^ => if (true || /^
  if (/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(mode)) return;
  const message = `Expected preserve, rewrite or a host as the Host header, got ${JSON.stringify(mode)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: ['--host-header rewrite', '--host-header app.example.com'],
  });
}

/** Decides which `Host` and `Origin` the app sees. */
export class HostPass {
  readonly #value: string | undefined;
  readonly #origin: string;
  readonly own: OwnHosts;

  /** @throws ERR_TSEXPOSE_INVALID_OPTION if the value is not a host */
  constructor(mode: HostHeader, target: Target, own: OwnHosts) {
    checkHostHeader(mode);
    this.own = own;
    this.#value = mode === 'preserve' ? undefined : mode === 'rewrite' ? target.authority : mode;
    this.#origin = `${target.protocol === 'https' ? 'https' : 'http'}://${this.#value}`;
  }

  /** Whether anything can be rewritten at all. */
  get rewrites(): boolean {
    return this.#value !== undefined;
  }

  /** What is sent in place of our own hosts; undefined if they are preserved. */
  get value(): string | undefined {
    return this.#value;
  }

  /** What is sent in place of our own origins. */
  get sentOrigin(): string {
    return this.#origin;
  }

  /** Returns the `Host` for the upstream; `host` is empty for an HTTP/1.0 request without one. */
  host(host: string, fallback: string): string {
    if (host === '') return this.#value ?? fallback;
    // rule: a foreign Host is left to the app (DNS rebinding) — mutate: && this.#isOurs(host) =>
    return this.#value !== undefined && this.#isOurs(host) ? this.#value : host;
  }

  /** Returns the `Origin` for the upstream: rewritten only if it was ours, so that a foreign page stays foreign. */
  origin(origin: string): string {
    // rule: a foreign Origin stays foreign
    // mutate: && this.own.hasOrigin(origin) =>
    // rule: an Origin is ours only with its scheme and port
    // mutate: this.own.hasOrigin(origin) => this.own.has(origin.replace(/^.*:\/\//, ''))
    return this.#value !== undefined && this.own.hasOrigin(origin) ? this.#origin : origin;
  }

  #isOurs(host: string): boolean {
    // Without a name there is no rebinding: an address is what the user typed into the browser.
    return this.own.has(host) || host.startsWith('[') || isIP(host.replace(/:\d*$/, '')) !== 0;
  }
}
