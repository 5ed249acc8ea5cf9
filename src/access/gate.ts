/**
 * Who may connect, and what the app is told about them. The proxy asks a gate for every request and never looks at an
 * identity itself.
 */

import { FieldTable } from '../identity/field.ts';
import { type CallerHeaderOptions, callerHeaders, DEVICE_HEADERS } from '../identity/headers.ts';
import type { Identity } from '../identity/identity.ts';
import { findPreset } from '../identity/preset.ts';
import { Problems } from '../problems.ts';
import { checkUniqueHeaders, parseAppCaps, parseCapabilityHeader } from './capability.ts';
import { checkPassHeaders } from './pass-headers.ts';
import { type Policy, type PolicyOptions, parsePolicy } from './policy.ts';

/** Options of a {@link Gate}; the texts are those of the flags. */
export interface GateOptions extends PolicyOptions {
  /** Denies callers that whois does not know, instead of forwarding them without an identity. @default false */
  requireIdentity?: boolean;
  /** Capabilities for `Tailscale-App-Capabilities`. @default none */
  acceptAppCaps?: readonly string[];
  /** Adds `Tailscale-Node-Name`, `-Node-Id`, `-Node-Tags`. @default false */
  deviceHeaders?: boolean;
  /** Capabilities as headers, such as `example.com/cap/app:role=X-App-Role`. @default none */
  mapCap?: readonly string[];
  /** `remote-user`, `oauth2-proxy` or `grafana`. @default none */
  headerPreset?: string;
  /** Headers of callers that pass although they speak for a proxy, such as `X-Client-IP`. @default none */
  passHeaders?: readonly string[];
}

/** Why a caller is denied. */
export interface Denial {
  /** 403: a rule says so. 503: whois could not identify the caller. */
  status: 403 | 503;
  /** The rule, such as `--deny tag:ci`. */
  rule: string;
}

/** The gate's answer for a caller. */
export interface Admission {
  /** Absent if the caller is allowed. */
  denial?: Denial;
  /** What the app is told about the caller, as a flat list. */
  headers: readonly string[];
}

/**
 * Decides about callers and writes the headers that the app gets.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for an invalid rule, capability or preset; several are reported at once
 * @example
 * ```ts
 * const gate = new Gate({ allow: ['*@example.com'], requireIdentity: true });
 * const proxy = new ProxyServer({ target: parseTarget('3000'), identify: (socket) => socket.identity, gate });
 * ```
 */
export class Gate {
  /** The header names that callers may not send: those that this gate, or any proxy, may set. */
  readonly reserved: FieldTable;
  readonly #policy: Policy;
  readonly #requireIdentity: boolean;
  readonly #caller: CallerHeaderOptions;
  // An identity is an immutable value that many requests of a connection share.
  readonly #admissions = new WeakMap<Identity, Admission>();

  constructor(options: GateOptions = {}) {
    const {
      requireIdentity = false,
      acceptAppCaps = [],
      deviceHeaders = false,
      headerPreset,
      passHeaders = [],
    } = options;
    const problems = new Problems();
    const policy = problems.check(() => parsePolicy(options));
    const preset = problems.check(() => (headerPreset === undefined ? undefined : findPreset(headerPreset)));
    const appCaps = problems.check(() => parseAppCaps(acceptAppCaps));
    const mapCap = (options.mapCap ?? []).flatMap((text) => problems.check(() => parseCapabilityHeader(text)) ?? []);
    const others = [...(preset?.names ?? []), ...(deviceHeaders ? Object.values(DEVICE_HEADERS) : [])];
    problems.check(() => checkUniqueHeaders(mapCap, others));
    // A header that is set for some callers is removed for all: callers without it cannot forge it.
    const reserved = {
      names: [
        // rule: what a mapping sets is removed from every caller
        ...mapCap.map(({ header }) => header),
        ...(preset?.names ?? []),
        ...(preset?.reserved.names ?? []),
      ],
      // rule: what a preset sets is removed from every caller
      prefixes: preset?.reserved.prefixes ?? [],
    };
    problems.check(() => checkPassHeaders(passHeaders, reserved));
    problems.throw();
    this.#policy = policy!;
    this.#requireIdentity = requireIdentity;
    this.#caller = { acceptAppCaps: appCaps!, deviceHeaders, mapCap, ...(preset && { preset }) };
    this.reserved = new FieldTable({ ...reserved, passed: passHeaders });
  }

  /** Returns whether a caller is allowed, and the headers that tell the app who it is. */
  admit(identity: Identity): Admission {
    // rule: the answer for one caller is not given to the next — mutate: get(identity) => get((this.first ??= identity))
    let admission = this.#admissions.get(identity);
    if (!admission) {
      const denial = this.#deny(identity);
      admission = { headers: callerHeaders(identity, this.#caller), ...(denial ? { denial } : {}) };
      this.#admissions.set(identity, admission);
    }
    return admission;
  }

  #deny(identity: Identity): Denial | undefined {
    if (this.#requireIdentity) {
      // rule: --require-identity denies callers that whois does not know
      if (identity.kind === 'unknown') return { status: 503, rule: '--require-identity' };
      // rule: --require-identity denies callers from the internet
      if (identity.kind === 'funnel') return { status: 403, rule: '--require-identity' };
    }
    const { allowed, rule } = this.#policy.decide(identity);
    // rule: the policy is obeyed — mutate: allowed ? => true ?
    return allowed ? undefined : { status: 403, rule };
  }
}
