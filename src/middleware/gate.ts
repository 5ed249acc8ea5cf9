import { Policy } from '../access/policy.ts';
import { parseRules } from '../access/rule.ts';
import type { Identity } from '../identity/identity.ts';
import { type Capability, defineCapability } from './capability.ts';

/** Who may come in; the same for every framework. */
export interface GateOptions {
  /** Whether callers have to be known: 401 for the others, who are on no tailnet or came through Funnel. @default true */
  require?: boolean;
  /**
   * Callers that may come in, 403 for the others: rules such as `alice@example.com`, `*@example.com`, `tag:ci`,
   * `cap:example.com/cap/app`, `node:laptop`, `100.64.0.0/24`, or a function. @default everybody
   */
  allow?: string | readonly string[] | ((identity: Identity) => boolean);
  /** Callers that may not, whatever `allow` says: rules of the same form. @default nobody */
  deny?: string | readonly string[];
  /** An application capability that a caller has to have, 403 otherwise; by name, or with its schema. @default none */
  capability?: string | Capability<unknown>;
}

/** What a gate makes of one caller. */
export interface Verdict {
  /** The caller, where one is known. */
  identity: Identity | undefined;
  /** Absent for a caller who may come in. */
  refusal?: Refusal;
}

/** The answer to a caller who may not come in. */
export interface Refusal {
  status: 401 | 403;
  message: string;
  headers: Record<string, string>;
}

/**
 * Makes the decision behind each framework's middleware.
 *
 * @throws TsexposeError `ERR_TSEXPOSE_INVALID_OPTION` for a rule or capability that cannot be read
 */
export function makeGate(options: GateOptions = {}): (identity: Identity | undefined) => Verdict {
  const { require = true, allow } = options;
  const admits = typeof allow === 'function' ? allow : () => true;
  const rules = typeof allow === 'function' || allow === undefined ? [] : [allow].flat();
  const policy = new Policy(parseRules('allow', rules), parseRules('deny', [options.deny ?? []].flat()));
  const capability = typeof options.capability === 'string' ? defineCapability(options.capability) : options.capability;
  // Rules about who comes in mean that somebody has to be known.
  const known = require || allow !== undefined || options.deny !== undefined || capability !== undefined;
  return (identity) => {
    if (!isKnown(identity)) return known ? { identity, refusal: UNAUTHORIZED } : { identity };
    const allowed = policy.decide(identity).allowed && admits(identity) && (capability?.grants(identity) ?? true);
    return allowed ? { identity } : { identity, refusal: FORBIDDEN };
  };
}

function isKnown(identity: Identity | undefined): identity is Identity {
  return identity?.kind === 'user' || identity?.kind === 'tagged';
}

const UNAUTHORIZED: Refusal = {
  status: 401,
  message: 'Only known devices of the tailnet may come in.',
  // RFC 9110 §15.5.2: a 401 names a way to authenticate.
  headers: { 'WWW-Authenticate': 'Tailscale' },
};

const FORBIDDEN: Refusal = { status: 403, message: 'You may not come in.', headers: {} };
