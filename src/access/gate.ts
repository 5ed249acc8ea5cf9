/**
 * The door of a service: who may come in, and what the service is told about them. The proxy gets one of these and
 * asks it for every request; it never looks at an identity itself.
 */

import { FieldTable } from '../identity/field.ts';
import { type CallerHeaderOptions, callerHeaders, DEVICE_HEADERS } from '../identity/headers.ts';
import type { Identity } from '../identity/identity.ts';
import { findPreset } from '../identity/preset.ts';
import { checkUniqueHeaders, parseAppCaps, parseCapabilityHeader } from './capability.ts';
import { type Policy, parsePolicy } from './policy.ts';

/** Options of a {@link Gate}; the texts are those of the flags. */
export interface GateOptions {
  /** Callers that may come in. @default everybody */
  allow?: readonly string[];
  /** Callers that may not. @default nobody */
  deny?: readonly string[];
  /** A policy already parsed, in place of `allow` and `deny`. */
  policy?: Policy;
  /** Refuses callers whom whois does not know, instead of forwarding them without an identity. @default false */
  requireIdentity?: boolean;
  /** Capabilities for `Tailscale-App-Capabilities`. @default none */
  acceptAppCaps?: readonly string[];
  /** Adds `Tailscale-Node-Name`, `-Node-Id`, `-Node-Tags`. @default false */
  deviceHeaders?: boolean;
  /** Capabilities as headers, such as `example.com/cap/app:role=X-App-Role`. @default none */
  mapCap?: readonly string[];
  /** `remote-user`, `oauth2-proxy` or `grafana`. @default none */
  headerPreset?: string;
}

/** Why a caller stays outside. */
export interface Denial {
  /** 403: a rule says so. 503: nobody could say who it is. */
  status: 403 | 503;
  /** The rule, such as `--deny tag:ci`. */
  rule: string;
}

/** What the door says about a caller. */
export interface Admission {
  /** Absent when the caller may come in. */
  denial?: Denial;
  /** What the service is told about the caller, as a flat list. */
  headers: readonly string[];
}

/**
 * Decides about callers and writes the headers that a service gets.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for a rule, capability or preset that cannot be read
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
    this.#policy = options.policy ?? parsePolicy(options);
    this.#requireIdentity = options.requireIdentity ?? false;
    const preset = options.headerPreset === undefined ? undefined : findPreset(options.headerPreset);
    const mapCap = (options.mapCap ?? []).map(parseCapabilityHeader);
    checkUniqueHeaders(mapCap, [
      ...(preset?.names ?? []),
      ...(options.deviceHeaders ? Object.values(DEVICE_HEADERS) : []),
    ]);
    this.#caller = {
      acceptAppCaps: parseAppCaps(options.acceptAppCaps ?? []),
      deviceHeaders: options.deviceHeaders ?? false,
      mapCap,
      ...(preset ? { preset } : {}),
    };
    // What may be set for some callers is removed for all of them: an absent header must not be forgeable.
    this.reserved = new FieldTable({
      names: [
        // rule: what a mapping sets is removed from every caller
        ...mapCap.map(({ header }) => header),
        ...(preset?.reserved.names ?? []),
      ],
      // rule: what a preset sets is removed from every caller
      prefixes: preset?.reserved.prefixes ?? [],
    });
  }

  /** Whether a caller may come in, and the headers that tell the service who it is. */
  admit(identity: Identity): Admission {
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
      if (identity.kind === 'unknown') return { status: 503, rule: '--require-identity' };
      if (identity.kind === 'funnel') return { status: 403, rule: '--require-identity' };
    }
    const { allowed, rule } = this.#policy.decide(identity);
    return allowed ? undefined : { status: 403, rule };
  }
}
