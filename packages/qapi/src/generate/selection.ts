/** Which parts of a schema are generated: those whose `if` conditions hold. */
import type { Condition } from '../model.js';

/** What may carry a condition. */
export interface Conditional {
  readonly condition?: Condition;
}

/** A choice among the conditional parts of a schema. */
export interface Selection {
  /** Whether the thing is part of the output, as far as its own condition goes. */
  includes(thing: Conditional): boolean;
  /** Those of the things that are, in order. */
  of<T extends Conditional>(things: readonly T[]): readonly T[];
}

/**
 * Conditions hold as they do for a C preprocessor that knows `defined` names and no others.
 * With `'all'` every condition holds, negated ones too: nothing is left out.
 */
export function select(defined: Iterable<string> | 'all'): Selection {
  const names = defined === 'all' ? undefined : new Set(defined);
  const includes = ({ condition }: Conditional) =>
    condition === undefined || names === undefined || holds(condition, names);
  return { includes, of: (things) => things.filter(includes) };
}

/** Whether a condition holds if exactly `names` are defined. */
function holds(condition: Condition, names: ReadonlySet<string>): boolean {
  switch (condition.kind) {
    case 'defined':
      return names.has(condition.name);
    case 'all':
      return condition.operands.every((operand) => holds(operand, names));
    case 'any':
      return condition.operands.some((operand) => holds(operand, names));
    case 'not':
      return !holds(condition.operand, names);
  }
}
