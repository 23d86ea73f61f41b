import { RefusedError } from '../operation-error.js';

/** What a policy decides about one request, path or program. */
export interface Decision {
  readonly allowed: boolean;
  /** The rule that decides, with its place, or why none does: `line 3 of /etc/guestd.policy: deny = /etc/shadow`. */
  readonly rule: string;
}

/** A policy refuses an operation. The message, for the host and the operator, names the rule. */
export class PolicyRefusal extends RefusedError {
  override readonly name = 'PolicyRefusal';
  /** The rule, or why none allows it. */
  readonly rule: string;

  constructor(rule: string) {
    super(`refused by the policy: ${rule}`);
    this.rule = rule;
  }
}

/** A rule that allows or denies what it matches. */
export interface Rule<Subject> {
  readonly effect: 'allow' | 'deny';
  /** For messages: the rule with its place. */
  readonly text: string;
  matches(subject: Subject): boolean;
}

/**
 * Applies rules to a subject, in any order: one that denies overrides those that allow, and what none allows is refused.
 * @param otherwise the reason if no rule matches
 */
export function decide<Subject>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
  otherwise: string,
): Decision {
  let allowing: Rule<Subject> | undefined;
  for (const rule of rules) {
    if (!rule.matches(subject)) continue;
    if (rule.effect === 'deny') return { allowed: false, rule: rule.text };
    allowing ??= rule;
  }
  return allowing === undefined
    ? { allowed: false, rule: otherwise }
    : { allowed: true, rule: allowing.text };
}
