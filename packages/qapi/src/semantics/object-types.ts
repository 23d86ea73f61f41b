/** Completes the drafts of structs, unions and alternates, and checks them (qemu-ga §10.4). */
import type { AlternateType, Branch, EnumType, Member, StructType, Type, UnionType } from '../model.js';
import type {
  AlternateDefinition,
  BranchDefinition,
  Definition,
  StructDefinition,
  TypeReference,
  UnionDefinition,
} from '../validate/definitions.js';
import { describeType, isObjectType, isUnknown, jsonKindOf } from './builtin-types.js';
import { allMembers, lineageOf } from './containment.js';
import type { Draft, TypeTable } from './type-table.js';

export function resolveStruct(
  definition: StructDefinition,
  draft: Draft<StructType>,
  types: TypeTable,
): void {
  const base = definition.base && resolveBase(definition, definition.base, types);
  if (base) draft.base = base;
  else if (definition.base) types.withoutBase.add(draft);
  draft.members = types.members(definition, definition.members, 'member');
}

function resolveBase(
  definition: Definition,
  reference: TypeReference,
  types: TypeTable,
): StructType | undefined {
  const base = types.find(definition, reference, "'base'");
  if (!base || base.kind === 'struct') return base;
  const message = `'base' requires a struct type, ${describeType(base)} isn't`;
  return types.fail(definition, 'base-not-struct', message, reference.span);
}

/** Completes a union. All structs must be complete before. */
export function resolveUnion(definition: UnionDefinition, draft: Draft<UnionType>, types: TypeTable): void {
  const { flat, branches } = definition;
  if (!flat) return;
  let known = true;
  if (flat.base.kind === 'members') {
    draft.members = types.members(definition, flat.base.members, 'base member');
  } else {
    const base = resolveBase(definition, flat.base, types);
    known = base !== undefined;
    if (base) {
      draft.base = base;
      draft.members = allMembers(base);
    }
  }
  const discriminator = known ? findDiscriminator(definition, flat.discriminator, draft, types) : undefined;
  if (discriminator) draft.discriminator = discriminator;
  const selector = discriminator?.type.kind === 'enum' ? discriminator.type : undefined;
  if (selector && branches.length === 0 && selector.values.length === 0) {
    types.fail(definition, 'union-empty', 'union has no branches', definition.nameSpan);
  }
  const values = selector && new Set(selector.values.map(({ name }) => name));
  draft.branches = branches.flatMap((branch) => {
    if (selector && !values?.has(branch.name)) {
      const message = `branch '${branch.name}' is not a value of ${describeType(selector)}`;
      types.fail(definition, 'branch-unknown', message, branch.span);
    }
    return resolveBranch(definition, branch, types) ?? [];
  });
}

function resolveBranch(
  definition: Definition,
  branch: BranchDefinition,
  types: TypeTable,
): UnionType['branches'][number] | undefined {
  const type = types.find(definition, branch.type, `branch '${branch.name}'`);
  if (!type) return undefined;
  if (isObjectType(type)) return { ...branch, type };
  const message = `branch '${branch.name}' cannot use ${describeType(type)}`;
  return types.fail(definition, 'branch-type', message, branch.type.span);
}

function findDiscriminator(
  definition: UnionDefinition,
  { name, span }: Pick<Member, 'name' | 'span'>,
  union: Draft<UnionType>,
  types: TypeTable,
): Member | undefined {
  const bad = (message: string): undefined => types.fail(definition, 'discriminator-invalid', message, span);
  const member = union.members.find((each) => each.name === name);
  const lineage = union.base ? lineageOf(union.base) : [];
  if (!member && lineage.some((base) => types.withoutBase.has(base))) return undefined;
  if (!member) return bad(`discriminator '${name}' is not a member of 'base'`);
  const owner = lineage.find(({ members }) => members.includes(member));
  const subject = `discriminator member '${name}' of ${owner ? `base type '${owner.name}'` : "'base'"}`;
  if (isUnknown(member.type)) return undefined;
  const isText = member.type.kind === 'builtin' && member.type.name === 'str';
  if (isText && types.program.dialect === '2012') return { ...member, type: branchNames(definition) };
  if (member.type.kind !== 'enum') return bad(`${subject} must be of enum type`);
  if (member.optional) return bad(`${subject} must not be optional`);
  if (member.condition) return bad(`${subject} must not be conditional`);
  return member;
}

/** In QEMU 1.7 to 2.3 the discriminator could be a string, whose values are the names of the branches. */
function branchNames({ name, branches, nameSpan }: UnionDefinition): EnumType {
  const values = branches.map((branch) => ({ name: branch.name, features: [], span: branch.span }));
  return { kind: 'enum', name: `${name}Kind`, values, features: [], span: nameSpan };
}

/** Completes an alternate. Its branches must have different JSON types. */
export function resolveAlternate(
  definition: AlternateDefinition,
  draft: Draft<AlternateType>,
  types: TypeTable,
): void {
  const taken = new Map<string, string>();
  const resolved: Branch[] = [];
  for (const branch of definition.branches) {
    const { name, span } = branch;
    const type = types.resolve(definition, branch.type, `branch '${name}'`);
    resolved.push({ ...branch, type });
    if (isUnknown(type)) continue;
    const kinds = kindsTakenBy(type);
    if (kinds.length === 0) {
      const message = `branch '${name}' cannot use ${describeType(type)}`;
      types.fail(definition, 'branch-type', message, branch.type.span);
    }
    const rival = kinds.map((kind) => taken.get(kind)).find((other) => other !== undefined);
    if (rival !== undefined) {
      const message = `branch '${name}' can't be distinguished from '${rival}'`;
      types.fail(definition, 'alternate-ambiguous', message, span);
    }
    for (const kind of kinds) if (!taken.has(kind)) taken.set(kind, name);
  }
  draft.branches = resolved;
}

/**
 * Returns the JSON types that no other branch may have. A string on a command line can be a number or a boolean, so a
 * branch of strings excludes these too; an enum only if one of its values looks like one.
 */
function kindsTakenBy(type: Type): readonly string[] {
  const kind = jsonKindOf(type);
  if (kind === undefined) return [];
  if (kind !== 'string') return [kind];
  const hasValue = (pattern: RegExp) =>
    type.kind !== 'enum' || type.values.some(({ name }) => pattern.test(name));
  return [
    kind,
    ...(hasValue(/^[-+0-9.]/) ? ['number'] : []),
    ...(hasValue(/^o(?:n|ff)$/) ? ['boolean'] : []),
  ];
}
