/**
 * Structs, unions and alternates: fills their drafts and checks what they mean (qemu-ga §10.4).
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { AlternateType, Branch, Member, StructType, Type, UnionType } from '../model.js';
import type {
  AlternateDefinition,
  BranchDefinition,
  Definition,
  StructDefinition,
  TypeReference,
  UnionDefinition,
} from '../validate/definitions.js';
import { fail } from '../validate/scope.js';
import { describeType, isObjectType, isUnknown, jsonKindOf } from './builtin-types.js';
import { allMembers, lineageOf } from './containment.js';
import type { Draft, TypeTable } from './type-table.js';

/** Fills a struct. */
export function resolveStruct(
  definition: StructDefinition,
  draft: Draft<StructType>,
  types: TypeTable,
  reporter: Reporter,
): void {
  const base = definition.base && resolveBase(definition, definition.base, types, reporter);
  if (base) draft.base = base;
  draft.members = types.members(definition, definition.members, 'member');
}

function resolveBase(
  definition: Definition,
  reference: TypeReference,
  types: TypeTable,
  reporter: Reporter,
): StructType | undefined {
  const base = types.find(definition, reference, "'base'");
  if (!base || base.kind === 'struct') return base;
  const message = `'base' requires a struct type, ${describeType(base)} isn't`;
  fail({ reporter, context: definition.context }, 'base-not-struct', message, reference.span);
  return undefined;
}

/** Fills a union of today. All structs must be filled before. */
export function resolveUnion(
  definition: UnionDefinition,
  draft: Draft<UnionType>,
  types: TypeTable,
  reporter: Reporter,
): void {
  const { flat, branches, context } = definition;
  if (!flat) return;
  let known = true;
  if (flat.base.kind === 'members') {
    draft.members = types.members(definition, flat.base.members, 'base member');
  } else {
    const base = resolveBase(definition, flat.base, types, reporter);
    known = base !== undefined;
    if (base) draft.base = base;
    if (base) draft.members = allMembers(base);
  }
  const discriminator = known
    ? findDiscriminator(definition, flat.discriminator, draft, reporter)
    : undefined;
  if (discriminator) draft.discriminator = discriminator;
  const selector = discriminator?.type.kind === 'enum' ? discriminator.type : undefined;
  if (selector && branches.length === 0 && selector.values.length === 0) {
    fail({ reporter, context }, 'union-empty', 'union has no branches', definition.nameSpan);
  }
  const values = selector && new Set(selector.values.map(({ name }) => name));
  draft.branches = branches.flatMap((branch) => {
    if (selector && !values?.has(branch.name)) {
      const message = `branch '${branch.name}' is not a value of ${describeType(selector)}`;
      fail({ reporter, context }, 'branch-unknown', message, branch.span);
    }
    return resolveBranch(definition, branch, types, reporter) ?? [];
  });
}

function resolveBranch(
  definition: Definition,
  { name, type: reference, condition, span }: BranchDefinition,
  types: TypeTable,
  reporter: Reporter,
): UnionType['branches'][number] | undefined {
  const type = types.find(definition, reference, `branch '${name}'`);
  if (!type) return undefined;
  if (isObjectType(type)) return { name, type, span, ...(condition && { condition }) };
  const message = `branch '${name}' cannot use ${describeType(type)}`;
  fail({ reporter, context: definition.context }, 'branch-type', message, reference.span);
  return undefined;
}

function findDiscriminator(
  { context }: UnionDefinition,
  { name, span }: { readonly name: string; readonly span: Member['span'] },
  union: Draft<UnionType>,
  reporter: Reporter,
): Member | undefined {
  const bad = (message: string): undefined => {
    fail({ reporter, context }, 'discriminator-invalid', message, span);
    return undefined;
  };
  const member = union.members.find((each) => each.name === name);
  if (!member) return bad(`discriminator '${name}' is not a member of 'base'`);
  const owner = union.base && lineageOf(union.base).find(({ members }) => members.includes(member));
  const subject = `discriminator member '${name}' of ${owner ? `base type '${owner.name}'` : "'base'"}`;
  if (isUnknown(member.type)) return undefined;
  if (member.type.kind !== 'enum') return bad(`${subject} must be of enum type`);
  if (member.optional) return bad(`${subject} must not be optional`);
  if (member.condition) return bad(`${subject} must not be conditional`);
  return member;
}

/** Fills an alternate; its branches must differ in their JSON type. */
export function resolveAlternate(
  definition: AlternateDefinition,
  draft: Draft<AlternateType>,
  types: TypeTable,
  reporter: Reporter,
): void {
  const { context, branches } = definition;
  const taken = new Map<string, string>();
  const resolved: Branch[] = [];
  for (const { name, type: reference, condition, span } of branches) {
    const type = types.resolve(definition, reference, `branch '${name}'`);
    resolved.push({ name, type, span, ...(condition && { condition }) });
    if (isUnknown(type)) continue;
    const kinds = kindsTakenBy(type);
    if (kinds.length === 0) {
      const message = `branch '${name}' cannot use ${describeType(type)}`;
      fail({ reporter, context }, 'branch-type', message, reference.span);
    }
    const rival = kinds.map((kind) => taken.get(kind)).find((other) => other !== undefined);
    if (rival !== undefined) {
      const message = `branch '${name}' can't be distinguished from '${rival}'`;
      fail({ reporter, context }, 'alternate-ambiguous', message, span);
    }
    for (const kind of kinds) if (!taken.has(kind)) taken.set(kind, name);
  }
  draft.branches = resolved;
}

/**
 * The JSON types that a branch leaves to no other. A string on a command line can be a number or a boolean, so a
 * branch of strings takes these as well; an enum only if one of its values looks like it.
 */
function kindsTakenBy(type: Type): readonly string[] {
  const kind = jsonKindOf(type);
  if (kind === undefined) return [];
  if (type.kind === 'enum') {
    const kinds: string[] = [kind];
    if (type.values.some(({ name }) => /^[-+0-9.]/.test(name))) kinds.push('number');
    if (type.values.some(({ name }) => name === 'on' || name === 'off')) kinds.push('boolean');
    return kinds;
  }
  return kind === 'string' ? [kind, 'number', 'boolean'] : [kind];
}
