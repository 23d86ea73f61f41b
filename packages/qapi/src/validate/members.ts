/**
 * Shapes that occur in more than one kind of definition: features, types, members, branches (qemu-ga §10.4).
 */
import type { Condition, Feature } from '../model.js';
import type { Span } from '../source.js';
import type { EntryNode, ObjectNode, ValueNode } from '../syntax/tree.js';
import { readCondition } from './conditions.js';
import type { BranchDefinition, InlineMembers, MemberDefinition, TypeReference } from './definitions.js';
import { type CasePermission, checkLowerName, checkMemberName } from './names.js';
import { checkKeys, checkName, fail, type Keys, type Scope } from './scope.js';

/** One element of a list of names: the name itself, or an object with `name` and more. */
export interface NamedItem {
  readonly name: string;
  readonly span: Span;
  /** The object's members; none if the name stood alone. */
  readonly entries: ReadonlyMap<string, EntryNode>;
}

const NO_ENTRIES: ReadonlyMap<string, EntryNode> = new Map();

/** Reads an element of `features`, or of an enum's `data`. Undefined if it has no name. */
export function readNamedItem(
  scope: Scope,
  item: ValueNode,
  what: string,
  optional: readonly string[],
): NamedItem | undefined {
  let name = item;
  if (item.kind === 'object') {
    if (!checkKeys(scope, item, what, { required: ['name'], optional })) return undefined;
    name = item.entries.get('name')?.value ?? item;
  }
  if (name.kind !== 'string') {
    fail(scope, 'name-not-string', `${what} requires a string name`, name.span);
    return undefined;
  }
  return { name: name.value, span: name.span, entries: item.kind === 'object' ? item.entries : NO_ENTRIES };
}

/** Reads `features`. */
export function readFeatures(scope: Scope, entries: ReadonlyMap<string, EntryNode>): readonly Feature[] {
  const value = entries.get('features')?.value;
  if (!value) return [];
  if (value.kind !== 'list') {
    fail(scope, 'features-not-list', "'features' must be an array", value.span);
    return [];
  }
  return value.items.flatMap((item) => {
    const named = readNamedItem(scope, item, "'features' member", ['if']);
    if (!named) return [];
    const what = `'features' member '${named.name}'`;
    checkName(scope, checkLowerName(named.name, what), named.span);
    const condition = readCondition(scope, named.entries, what);
    return [{ name: named.name, span: named.span, ...(condition && { condition }) }];
  });
}

/** Reads a name of a type. */
export function readTypeName(scope: Scope, value: ValueNode, what: string): TypeReference | undefined {
  if (value.kind === 'string') return { kind: 'reference', name: value.value, list: false, span: value.span };
  fail(scope, 'type-reference', `${what} should be a type name`, value.span);
  return undefined;
}

/** Reads a name of a type, or a list of one. */
export function readTypeOrList(scope: Scope, value: ValueNode, what: string): TypeReference | undefined {
  if (value.kind === 'string') return readTypeName(scope, value, what);
  if (value.kind !== 'list') {
    fail(scope, 'type-reference', `${what} should be a type name or array`, value.span);
    return undefined;
  }
  const [element] = value.items;
  if (value.items.length === 1 && element?.kind === 'string') {
    return { kind: 'reference', name: element.value, list: true, span: value.span };
  }
  fail(scope, 'type-reference', `${what}: array type must contain single type name`, value.span);
  return undefined;
}

/** Reads members in place, or a type's name. */
export function readTypeOrMembers(
  scope: Scope,
  value: ValueNode,
  what: string,
  permission: CasePermission,
): TypeReference | InlineMembers | undefined {
  return value.kind === 'string'
    ? readTypeName(scope, value, what)
    : readMembers(scope, value, what, permission);
}

/** Reads members in place. */
export function readMembers(
  scope: Scope,
  value: ValueNode,
  what: string,
  permission: CasePermission,
): InlineMembers | undefined {
  if (value.kind !== 'object') {
    fail(scope, 'data-invalid', `${what} should be an object or type name`, value.span);
    return undefined;
  }
  const members = [...value.entries.values()].flatMap(
    (entry) => readMember(scope, entry, what, permission) ?? [],
  );
  return { kind: 'members', members, span: value.span };
}

function readMember(
  scope: Scope,
  { key, value }: EntryNode,
  what: string,
  permission: CasePermission,
): MemberDefinition | undefined {
  const subject = `${what} member '${key.value}'`;
  const optional = key.value.startsWith('*');
  const name = optional ? key.value.slice(1) : key.value;
  checkName(scope, checkMemberName(name, subject, permission), key.span);
  if (value.kind !== 'object') {
    const type = readTypeOrList(scope, value, subject);
    return type && { name, optional, type, features: [], span: key.span };
  }
  if (scope.dialect === '2012' && !isMemberObject(value)) {
    const type = readMembers(scope, value, subject, permission);
    return type && { name, optional, type, features: [], span: key.span };
  }
  const hint = value.entries.has('type') ? undefined : HINT_ANONYMOUS;
  if (!checkKeys(scope, value, subject, MEMBER_KEYS, hint)) return undefined;
  const condition = readCondition(scope, value.entries, subject);
  const features = readFeatures(scope, value.entries);
  const given = value.entries.get('type');
  const type = given && readTypeOrList(scope, given.value, subject);
  return type && { name, optional, type, features, span: key.span, ...(condition && { condition }) };
}

const MEMBER_KEYS: Keys = { required: ['type'], optional: ['if', 'features'] };

/** Whether an object describes a member as of today; else, in 2012, it is a struct in place. */
function isMemberObject({ entries }: ObjectNode): boolean {
  return (
    entries.has('type') &&
    [...entries.keys()].every((key) => key === 'type' || key === 'if' || key === 'features')
  );
}

/** Reads `data` of a union or alternate. `readType` says which types a branch may have. */
export function readBranches(
  scope: Scope,
  data: ObjectNode,
  readType: (scope: Scope, value: ValueNode, what: string) => TypeReference | undefined,
): readonly BranchDefinition[] {
  return [...data.entries.values()].flatMap(({ key, value }) => {
    const what = `'data' member '${key.value}'`;
    let given: ValueNode | undefined = value;
    let condition: Condition | undefined;
    if (value.kind === 'object') {
      if (!checkKeys(scope, value, what, { required: ['type'], optional: ['if'] })) return [];
      condition = readCondition(scope, value.entries, what);
      given = value.entries.get('type')?.value;
    }
    const type = given && readType(scope, given, what);
    return type ? [{ name: key.value, type, span: key.span, ...(condition && { condition }) }] : [];
  });
}

const HINT_ANONYMOUS =
  'give the type a name and a definition of its own; 2012 allowed structs in place: check with --dialect 2012';
