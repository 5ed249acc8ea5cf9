import { Policy } from '../access/policy.ts';
import { parseRules } from '../access/rule.ts';
import type { Identity } from '../identity/identity.ts';
import { type Capability, defineCapability } from './capability.ts';

/** Who has access; the same for every framework. */
export interface GateOptions {
  /** Whether callers must be known; others, such as those through Funnel, get a 401. @default true */
  require?: boolean;
  /**
   * Callers who have access, by rules such as `alice@example.com`, `*@example.com`, `tag:ci`, `cap:example.com/cap/app`,
   * `node:laptop` and `100.64.0.0/24`, or by a function; others get a 403. @default everyone
   */
  allow?: string | readonly string[] | ((identity: Identity) => boolean);
  /** Callers who are denied access even if `allow` includes them, by rules of the same form. @default none */
  deny?: string | readonly string[];
  /** An application capability that callers need, by name or with its schema; others get a 403. @default none */
  capability?: string | Capability<unknown>;
}

/** The decision about one caller. */
export interface Verdict {
  /** The caller, if there is an identity. */
  identity: Identity | undefined;
  /** Absent for a caller who has access. */
  refusal?: Refusal;
}

/** The response to a caller who is denied access. */
export interface Refusal {
  status: 401 | 403;
  message: string;
  headers: Record<string, string>;
}

/**
 * Returns the decision behind the middleware of every framework.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION` for a rule or capability that cannot be read
 */
export function makeGate(options: GateOptions = {}): (identity: Identity | undefined) => Verdict {
  const { require = true, allow } = options;
  const admits = typeof allow === 'function' ? allow : () => true;
  const rules = typeof allow === 'function' || allow === undefined ? [] : [allow].flat();
  const policy = new Policy(parseRules('allow', rules), parseRules('deny', [options.deny ?? []].flat()));
  const capability = typeof options.capability === 'string' ? defineCapability(options.capability) : options.capability;
  // rule: rules about callers imply that callers must be known
  // mutate: || allow !== undefined || options.deny !== undefined || capability !== undefined =>
  const known = require || allow !== undefined || options.deny !== undefined || capability !== undefined;
  return (identity) => {
    // rule: unknown callers are denied access — mutate: known ? => false ?
    if (!isKnown(identity)) return known ? { identity, refusal: UNAUTHORIZED } : { identity };
    // rule: rules, a function, and a capability all have to admit the caller
    // mutate: policy.decide(identity).allowed && =>
    // mutate: && admits(identity) =>
    // mutate: && (capability?.grants(identity) ?? true) =>
    const allowed = policy.decide(identity).allowed && admits(identity) && (capability?.grants(identity) ?? true);
    return allowed ? { identity } : { identity, refusal: FORBIDDEN };
  };
}

function isKnown(identity: Identity | undefined): identity is Identity {
  // rule: a caller from the internet is not known
  // mutate: identity?.kind === 'user' || identity?.kind === 'tagged' => identity !== undefined
  return identity?.kind === 'user' || identity?.kind === 'tagged';
}

const UNAUTHORIZED: Refusal = {
  status: 401,
  message: 'This app only accepts callers from the tailnet.',
  // RFC 9110 §15.5.2: a 401 names a way to authenticate.
  headers: { 'WWW-Authenticate': 'Tailscale' },
};

const FORBIDDEN: Refusal = { status: 403, message: 'Access denied.', headers: {} };
