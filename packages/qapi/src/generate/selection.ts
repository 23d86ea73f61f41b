/** Selects the parts of a schema whose `if` conditions hold. */
import type { Condition } from '../model.js';

/** A part with an optional condition. */
export interface Conditional {
  readonly condition?: Condition;
}

/** A selection of the conditional parts of a schema. */
export interface Selection {
  /** Returns true if the part's own condition holds. */
  includes(part: Conditional): boolean;
  /** Returns the selected parts, in order. */
  of<T extends Conditional>(parts: readonly T[]): readonly T[];
}

/** Selects the parts whose conditions hold if exactly `defined` is defined; with `'all'` all parts, negated ones too. */
export function select(defined: Iterable<string> | 'all'): Selection {
  const names = defined === 'all' ? undefined : new Set(defined);
  const includes = ({ condition }: Conditional) =>
    condition === undefined || names === undefined || holds(condition, names);
  return { includes, of: (parts) => (parts.every(includes) ? parts : parts.filter(includes)) };
}

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
