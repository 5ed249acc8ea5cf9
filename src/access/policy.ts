/** Who may connect: `--allow` and `--deny`, on top of what the tailnet's own policy allows. */
import type { Identity } from '../identity/identity.ts';
import { Problems } from '../problems.ts';
import { parseRules, type Rule } from './rule.ts';

/** The rules as texts, each a rule or a comma-separated list of rules. */
export interface PolicyOptions {
  /** Callers that are allowed. @default everyone */
  allow?: readonly string[];
  /** Callers that are denied, even if `allow` includes them. @default no one */
  deny?: readonly string[];
}

/** The answer for one caller. */
export interface Decision {
  allowed: boolean;
  /** The rule that decided, such as `--deny tag:ci`; empty if there are no rules. */
  rule: string;
}

/** A set of rules. It has no state and no clock: the same caller always gets the same answer. */
export class Policy {
  readonly #allow: Rule[];
  readonly #deny: Rule[];

  constructor(allow: Rule[], deny: Rule[]) {
    this.#allow = allow;
    this.#deny = deny;
  }

  /** Decides about a caller: a matching deny rule wins, and if there are allow rules, one of them must match. */
  decide(identity: Identity): Decision {
    const denied = this.#deny.find((rule) => rule.matches(identity));
    // rule: --deny wins over --allow — mutate: if (denied) => if (denied && this.#allow.length === 0)
    if (denied) return { allowed: false, rule: `--deny ${denied.text}` };
    const allowed = this.#allow.find((rule) => rule.matches(identity));
    // rule: with --allow, a caller that no rule matches is denied
    if (!allowed && this.#allow.length > 0) return { allowed: false, rule: `--allow ${listOf(this.#allow)}` };
    // An unknown caller may be the very one that a deny rule means, whatever address is allowed.
    // rule: with --deny, an unknown caller is denied — mutate: identity.kind === 'unknown' => false
    // rule: an allowed address does not override --deny — mutate: if (this => if (!allowed && this
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
 * Parses the rules of `--allow` and `--deny`.
 *
 * @throws ERR_TSEXPOSE_INVALID_OPTION for a text that is not a rule; several are reported at once
 * @example
 * ```ts
 * const policy = parsePolicy({ allow: ['*@example.com', 'tag:ci'], deny: ['mallory@example.com'] });
 * policy.decide(identity).allowed;
 * ```
 */
export function parsePolicy({ allow = [], deny = [] }: PolicyOptions): Policy {
  const problems = new Problems();
  const allowed = problems.check(() => parseRules('--allow', allow));
  const denied = problems.check(() => parseRules('--deny', deny));
  problems.throw();
  return new Policy(allowed!, denied!);
}
