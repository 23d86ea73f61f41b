/** `if` conditions (qemu-ga §10.4). */
import type { Condition } from '../model.js';
import type { ValueNode } from '../syntax/tree.js';
import { asQapi, parseCCondition } from './c-condition.js';
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
  const fromC = scope.dialect === '2.9' ? readCConditions(value) : undefined;
  if (fromC) return fromC;
  if (value.kind === 'string') {
    if (CONDITION_NAME.test(value.value)) return { kind: 'defined', name: value.value };
    const message = `'if' condition '${value.value}' of ${what} is not a valid identifier`;
    return fail(scope, 'condition-invalid', message, value.span, { hint: hintFor(value) });
  }
  if (value.kind !== 'object') {
    const message = `${subject} must be a string or an object`;
    return fail(scope, 'condition-invalid', message, value.span, { hint: hintFor(value) });
  }
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

/** Reads a condition of QEMU 2.10 to 6.1: an expression of C, or a list of expressions that must all hold. */
function readCConditions(value: ValueNode): Condition | undefined {
  const parts = value.kind === 'list' ? value.items : [value];
  const operands = parts.flatMap((part) => (part.kind === 'string' && parseCCondition(part.value)) || []);
  if (operands.length < parts.length) return undefined;
  return operands.length > 1 ? { kind: 'all', operands } : operands[0];
}

/** Returns a hint with the form that a condition in C has since QEMU 6.2, or with all forms. */
function hintFor(value: ValueNode): string {
  const fromC = readCConditions(value);
  return fromC && namesOf(fromC).every((name) => CONDITION_NAME.test(name))
    ? `write ${asQapi(fromC)}`
    : HINT_FORMS;
}

function namesOf(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'defined':
      return [condition.name];
    case 'not':
      return namesOf(condition.operand);
    default:
      return condition.operands.flatMap(namesOf);
  }
}

const HINT_FORMS =
  "a condition is a name of capitals, digits and '_', or { 'all': [ … ] }, { 'any': [ … ] }, { 'not': … }";

const OPERATORS = ['all', 'any', 'not'] as const;
