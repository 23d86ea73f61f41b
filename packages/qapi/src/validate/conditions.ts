/**
 * `if` conditions (qemu-ga §10.4).
 */
import type { Condition } from '../model.js';
import type { EntryNode, ValueNode } from '../syntax/tree.js';
import { checkKeys, fail, type Scope } from './scope.js';

const CONDITION_NAME = /^[A-Z][A-Z0-9_]*$/;

/** Reads an `if`. Undefined if there is none, or if it is wrong. */
export function readCondition(
  scope: Scope,
  entries: ReadonlyMap<string, EntryNode>,
  what: string,
): Condition | undefined {
  const value = entries.get('if')?.value;
  return value && readConditionValue(scope, value, what);
}

function readConditionValue(scope: Scope, value: ValueNode, what: string): Condition | undefined {
  const bad = (message: string): undefined => {
    fail(scope, 'condition-invalid', message, value.span);
    return undefined;
  };
  if (value.kind === 'string') {
    return CONDITION_NAME.test(value.value)
      ? { kind: 'defined', name: value.value }
      : bad(`'if' condition '${value.value}' of ${what} is not a valid identifier`);
  }
  if (value.kind !== 'object') return bad(`'if' condition of ${what} must be a string or an object`);
  const subject = `'if' condition of ${what}`;
  checkKeys(scope, value, subject, { required: [], optional: ['all', 'any', 'not'] });
  const operators = [...value.entries.values()].filter(({ key }) => OPERATORS.has(key.value));
  const [operator] = operators;
  if (!operator || operators.length > 1) {
    return value.entries.size === operators.length ? bad(`${subject} has conflicting keys`) : undefined;
  }
  const kind = OPERATORS.get(operator.key.value);
  if (!kind || kind === 'not') {
    const operand = readConditionValue(scope, operator.value, what);
    return operand && { kind: 'not', operand };
  }
  if (operator.value.kind !== 'list') {
    fail(scope, 'condition-invalid', `'${kind}' condition of ${what} must be an array`, operator.value.span);
    return undefined;
  }
  const operands = operator.value.items.flatMap((item) => readConditionValue(scope, item, what) ?? []);
  if (operator.value.items.length > 0) return { kind, operands };
  fail(scope, 'condition-invalid', `'if' condition [] of ${what} is useless`, operator.value.span);
  return undefined;
}

const OPERATORS: ReadonlyMap<string, 'all' | 'any' | 'not'> = new Map([
  ['all', 'all'],
  ['any', 'any'],
  ['not', 'not'],
]);
