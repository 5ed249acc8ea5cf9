/**
 * `Host` and `Origin` for the upstream. Dev servers refuse hosts that they do not know as their defense against DNS
 * rebinding, so a rewrite only applies to requests for one of our own hosts.
 */
import { isIP } from 'node:net';
import { TsexposeError } from '../../errors.ts';
import type { Target } from '../target/target-types.ts';
import type { OwnHosts } from './own-hosts.ts';

/** `preserve`, `rewrite` (to the target's own authority), `auto` (`preserve` until told otherwise), or the value to send. */
export type HostHeader = string;

/**
 * Checks a Host header.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION if the value is not a host
 */
export function checkHostHeader(mode: HostHeader): void {
  if (mode === 'preserve' || mode === 'rewrite' || mode === 'auto') return;
  // rule: the Host to send is a valid one
  // mutate: if (/^ => if (true || /^
  if (/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/.test(mode)) return;
  const message = `Expected auto, preserve, rewrite or a host as the Host header, got ${JSON.stringify(mode)}.`;
  throw new TsexposeError('ERR_TSEXPOSE_INVALID_OPTION', message, {
    suggestions: ['--host-header rewrite', '--host-header app.example.com'],
  });
}

/** A request as the target is to see it. */
export interface SentHost {
  /** `Host`, and with a caller that sent one, `X-Forwarded-Host`. */
  host: string;
  /** Whether the target is told that callers use TLS. */
  secure: boolean;
  /** What is sent in place of the caller's own origin; undefined if nothing is mapped. */
  origin: string | undefined;
}

/**
 * Decides what the app sees of the host that a caller asked. `Host`, `Origin`, `Referer`, and `X-Forwarded-*` are mapped
 * together or not at all: apps compare them with each other.
 */
export class HostPass {
  readonly #target: Target;
  #value: string | undefined;
  readonly own: OwnHosts;
  /** Whether tsexpose decides. */
  readonly isAuto: boolean;

  /** @throws ERR_TSEXPOSE_INVALID_OPTION if the value is not a host */
  constructor(mode: HostHeader, target: Target, own: OwnHosts) {
    checkHostHeader(mode);
    this.own = own;
    this.#target = target;
    this.isAuto = mode === 'auto';
    this.#value = mode === 'preserve' || this.isAuto ? undefined : mode === 'rewrite' ? target.authority : mode;
  }

  /** Sends the target its own authority from now on. */
  rewrite(): void {
    this.#value ??= this.#target.authority;
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
    return `${this.#isSecure ? 'https' : 'http'}://${this.#value}`;
  }

  /** Returns what the target sees of a request; `host` is empty for an HTTP/1.0 request without one. */
  sent(host: string, secure: boolean): SentHost {
    if (host === '') return { host: this.#value ?? this.#target.authority, secure, origin: undefined };
    // rule: a foreign Host is left to the app (DNS rebinding) — mutate: || !this.#isOurs(host) =>
    if (this.#value === undefined || !this.#isOurs(host)) return { host, secure, origin: undefined };
    return { host: this.#value, secure: this.#isSecure, origin: this.sentOrigin };
  }

  /**
   * Returns whether an origin is ours: that of a page of the app itself, so that a foreign page stays foreign.
   *
   * @param host the Host of the request
   */
  hasOrigin(origin: string, host: string, secure: boolean): boolean {
    const isSame = origin.toLowerCase() === `${secure ? 'https' : 'http'}://${host}`.toLowerCase();
    // rule: a foreign Origin stays foreign
    // mutate: this.own.hasOrigin(origin) || isSame => true
    // rule: an Origin is ours only with its scheme and port
    // mutate: this.own.hasOrigin(origin) => this.own.has(origin.replace(/^.*:\/\//, ''))
    return this.own.hasOrigin(origin) || isSame;
  }

  get #isSecure(): boolean {
    return this.#target.protocol === 'https';
  }

  #isOurs(host: string): boolean {
    // Without a name there is no rebinding: an address is what the user typed into the browser.
    return this.own.has(host) || host.startsWith('[') || isIP(host.replace(/:\d*$/, '')) !== 0;
  }
}
