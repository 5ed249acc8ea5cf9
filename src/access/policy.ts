/** Who may come in: `--allow` and `--deny`, in front of whatever the tailnet's own policy already lets through. */
import type { Identity } from '../identity/identity.ts';
import { parseRules, type Rule } from './rule.ts';

/** The rules as they are written, each a text or a comma-separated list. */
export interface PolicyOptions {
  /** Callers that may come in. @default everybody */
  allow?: readonly string[];
  /** Callers that may not, whatever `allow` says. @default nobody */
  deny?: readonly string[];
}

/** The answer for one caller. */
export interface Decision {
  allowed: boolean;
  /** The rule that decided, such as `--deny tag:ci`; empty when nothing was asked for. */
  rule: string;
}

/** Rules for the door. Values in, decision out: no state, no clock. */
export class Policy {
  readonly #allow: Rule[];
  readonly #deny: Rule[];

  constructor(allow: Rule[], deny: Rule[]) {
    this.#allow = allow;
    this.#deny = deny;
  }

  /** Decides about one caller: a matching deny rule wins, and with allow rules one of them has to match. */
  decide(identity: Identity): Decision {
    const denied = this.#deny.find((rule) => rule.matches(identity));
    if (denied) return { allowed: false, rule: `--deny ${denied.text}` };
    const allowed = this.#allow.find((rule) => rule.matches(identity));
    if (!allowed && this.#allow.length > 0) return { allowed: false, rule: `--allow ${listOf(this.#allow)}` };
    // Whois found nobody: that may well be the one whom a deny rule means, whichever address is let in.
    if (this.#deny.length > 0 && identity.kind === 'unknown') {
      return { allowed: false, rule: `--deny ${listOf(this.#deny)}` };
    }
    return { allowed: true, rule: allowed ? `--allow ${allowed.text}` : '' };
  }
}

function listOf(rules: readonly Rule[]): string {
  return rules.map(({ text }) => text).join(',');
}

/**
 * Reads the rules of `--allow` and `--deny`.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION with every rule that cannot be read
 * @example
 * ```ts
 * const policy = parsePolicy({ allow: ['*@example.com', 'tag:ci'], deny: ['mallory@example.com'] });
 * policy.decide(identity).allowed;
 * ```
 */
export function parsePolicy(options: PolicyOptions): Policy {
  return new Policy(parseRules('--allow', options.allow ?? []), parseRules('--deny', options.deny ?? []));
}
