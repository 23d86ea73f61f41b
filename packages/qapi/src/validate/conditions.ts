/** `if` conditions (qemu-ga §10.4). */
import type { Condition } from '../model.js';
import type { ValueNode } from '../syntax/tree.js';
import { checkKeys, type Entries, fail, type Scope } from './scope.js';

const CONDITION_NAME = /^[A-Z][A-Z0-9_]*$/;

/** Reads an `if`. Empty for a missing or invalid condition. */
export function readCondition(
  scope: Scope,
  entries: Entries,
  what: string,
): { readonly condition?: Condition } {
  const value = entries.get('if')?.value;
  const condition = value && readConditionValue(scope, value, what);
  return condition ? { condition } : {};
}

function readConditionValue(scope: Scope, value: ValueNode, what: string): Condition | undefined {
  const bad = (message: string, { span }: ValueNode = value): undefined =>
    fail(scope, 'condition-invalid', message, span);
  const subject = `'if' condition of ${what}`;
  if (value.kind === 'string') {
    return CONDITION_NAME.test(value.value)
      ? { kind: 'defined', name: value.value }
      : bad(`'if' condition '${value.value}' of ${what} is not a valid identifier`);
  }
  if (value.kind !== 'object') return bad(`${subject} must be a string or an object`);
  checkKeys(scope, value, subject, { required: [], optional: OPERATORS });
  const operators = OPERATORS.filter((kind) => value.entries.has(kind));
  const [kind] = operators;
  const operand = kind && value.entries.get(kind)?.value;
  if (!operand || operators.length > 1) {
    return value.entries.size === operators.length ? bad(`${subject} has conflicting keys`) : undefined;
  }
  if (kind === 'not') {
    const negated = readConditionValue(scope, operand, what);
    return negated && { kind, operand: negated };
  }
  if (operand.kind !== 'list') return bad(`'${kind}' condition of ${what} must be an array`, operand);
  const operands = operand.items.flatMap((item) => readConditionValue(scope, item, what) ?? []);
  return operand.items.length > 0
    ? { kind, operands }
    : bad(`'if' condition [] of ${what} is useless`, operand);
}

const OPERATORS = ['all', 'any', 'not'] as const;
