/** Parts that occur in several kinds of definitions: features, types, members, branches (qemu-ga §10.4). */
import type { Feature } from '../model.js';
import type { Span } from '../source.js';
import type { EntryNode, ObjectNode, ValueNode } from '../syntax/tree.js';
import { readCondition } from './conditions.js';
import type { BranchDefinition, InlineMembers, MemberDefinition, TypeReference } from './definitions.js';
import { checkLowerName, checkMemberName } from './names.js';
import { checkKeys, checkName, type Entries, fail, type Keys, type Scope } from './scope.js';

/** An element of a list of names: a string, or an object with `name` and other keys. */
export interface NamedItem {
  readonly name: string;
  readonly span: Span;
  /** The entries of the object; empty for a string. */
  readonly entries: Entries;
}

const NO_ENTRIES: Entries = new Map();

/** Reads an element of `features`, or of an enum's `data`. Returns undefined, after a report, if it has no name. */
export function readNamedItem(
  scope: Scope,
  item: ValueNode,
  what: string,
  optional: readonly string[],
): NamedItem | undefined {
  const object = item.kind === 'object' ? item : undefined;
  if (object && !checkKeys(scope, object, what, { required: ['name'], optional })) return undefined;
  const name = object?.entries.get('name')?.value ?? item;
  if (name.kind === 'string') {
    return { name: name.value, span: name.span, entries: object?.entries ?? NO_ENTRIES };
  }
  return fail(scope, 'name-not-string', `${what} requires a string name`, name.span);
}

export function readFeatures(scope: Scope, entries: Entries): readonly Feature[] {
  const value = entries.get('features')?.value;
  if (!value) return [];
  if (value.kind !== 'list') {
    fail(scope, 'features-not-list', "'features' must be an array", value.span);
    return [];
  }
  return value.items.flatMap((item) => {
    const named = readNamedItem(scope, item, "'features' member", ['if']);
    if (!named) return [];
    const { name, span } = named;
    const what = `'features' member '${name}'`;
    checkName(scope, checkLowerName(name, what), span);
    return [{ name, span, ...readCondition(scope, named.entries, what) }];
  });
}

export function readTypeName(scope: Scope, value: ValueNode, what: string): TypeReference | undefined {
  if (value.kind === 'string') return { kind: 'reference', name: value.value, list: false, span: value.span };
  return fail(scope, 'type-reference', `${what} should be a type name`, value.span);
}

/** Reads the name of a type, or a list with one name. */
export function readTypeOrList(scope: Scope, value: ValueNode, what: string): TypeReference | undefined {
  if (value.kind === 'string') return readTypeName(scope, value, what);
  if (value.kind !== 'list') {
    return fail(scope, 'type-reference', `${what} should be a type name or array`, value.span);
  }
  const [element] = value.items;
  if (value.items.length === 1 && element?.kind === 'string') {
    return { kind: 'reference', name: element.value, list: true, span: value.span };
  }
  return fail(scope, 'type-reference', `${what}: array type must contain single type name`, value.span);
}

export function readTypeOrMembers(
  scope: Scope,
  value: ValueNode,
  what: string,
): TypeReference | InlineMembers | undefined {
  return value.kind === 'string' ? readTypeName(scope, value, what) : readMembers(scope, value, what);
}

export function readMembers(scope: Scope, value: ValueNode, what: string): InlineMembers | undefined {
  if (value.kind !== 'object') {
    return fail(scope, 'data-invalid', `${what} should be an object or type name`, value.span);
  }
  const members = [...value.entries.values()].flatMap((entry) => readMember(scope, entry, what) ?? []);
  return { kind: 'members', members, span: value.span };
}

function readMember(scope: Scope, { key, value }: EntryNode, what: string): MemberDefinition | undefined {
  const subject = `${what} member '${key.value}'`;
  const optional = key.value.startsWith('*');
  const name = optional ? key.value.slice(1) : key.value;
  checkName(scope, checkMemberName(name, subject, scope.memberCase), key.span);
  if (value.kind !== 'object' || (scope.dialect === '2012' && !isMemberObject(value))) {
    const read = value.kind === 'object' ? readMembers : readTypeOrList;
    const type = read(scope, value, subject);
    return type && { name, optional, type, features: [], span: key.span };
  }
  const hint = value.entries.has('type') ? undefined : HINT_ANONYMOUS;
  if (!checkKeys(scope, value, subject, MEMBER_KEYS, hint)) return undefined;
  const condition = readCondition(scope, value.entries, subject);
  const features = readFeatures(scope, value.entries);
  const given = value.entries.get('type');
  const type = given && readTypeOrList(scope, given.value, subject);
  return type && { name, optional, type, features, span: key.span, ...condition };
}

const MEMBER_KEYS: Keys = { required: ['type'], optional: ['if', 'features'] };

/** In 2012 any other object was a struct in place. */
function isMemberObject({ entries }: ObjectNode): boolean {
  return entries.has('type') && [...entries.keys()].every((key) => /^(?:type|if|features)$/.test(key));
}

/** Reads `data` of a union or alternate; `readType` reads the type of a branch. */
export function readBranches(
  scope: Scope,
  data: ObjectNode,
  readType: (scope: Scope, value: ValueNode, what: string) => TypeReference | undefined,
): readonly BranchDefinition[] {
  return [...data.entries.values()].flatMap(({ key, value }) => {
    const what = `'data' member '${key.value}'`;
    const isObject = value.kind === 'object';
    if (isObject && !checkKeys(scope, value, what, { required: ['type'], optional: ['if'] })) return [];
    const condition = isObject ? readCondition(scope, value.entries, what) : {};
    const given = isObject ? value.entries.get('type')?.value : value;
    const type = given && readType(scope, given, what);
    return type ? [{ name: key.value, type, span: key.span, ...condition }] : [];
  });
}

const HINT_ANONYMOUS =
  "define a struct for it, { 'struct': 'NAME', 'data': { … } }, and use its name as the type";
