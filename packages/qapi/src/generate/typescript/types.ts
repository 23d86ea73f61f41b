/** TypeScript types for the types of a schema. */
import type { BuiltinName } from '@guestwire/schema';
import type {
  AlternateType,
  Entity,
  EnumType,
  Feature,
  Member,
  NamedType,
  StructType,
  Type,
  UnionType,
} from '../../model.js';
import {
  type Document,
  group,
  hardLine,
  ifBroken,
  indent,
  join,
  line,
  softLine,
} from '../printer/document.js';
import { objectType, propertyName, quoted } from '../printer/literals.js';
import type { Selection } from '../selection.js';
import { comment, definitionComment, memberComment } from './comments.js';
import type { Scope } from './scope.js';

const BUILTINS: Readonly<Record<BuiltinName, string>> = {
  str: 'string',
  bool: 'boolean',
  number: 'number',
  null: 'null',
  any: 'unknown',
  int: 'Int64',
  int8: 'number',
  int16: 'number',
  int32: 'number',
  int64: 'Int64',
  uint8: 'number',
  uint16: 'number',
  uint32: 'number',
  uint64: 'Int64',
  size: 'Int64',
};

/** A type where it is used. */
export function typeExpression(scope: Scope, type: Type): Document {
  switch (type.kind) {
    case 'builtin': {
      const name = BUILTINS[type.name];
      return name === 'Int64' ? scope.runtimeType(name) : name;
    }
    case 'list':
      return ['readonly ', typeExpression(scope, type.element), '[]'];
    case 'anonymous': {
      const members = scope.plan.selection.of(type.members).map((member) => memberSignature(scope, member));
      return members.length === 0 ? EMPTY : objectType(members);
    }
    default:
      return scope.type(type);
  }
}

/** The type of an object without members: nothing but `{}` is one. */
const EMPTY = '{ readonly [name: string]: never }';

/** `name?: type`, without a comment. */
function memberSignature(scope: Scope, member: Member): Document {
  return [propertyName(member.name), member.optional ? '?: ' : ': ', memberType(scope, member)];
}

function memberType(scope: Scope, { type, features }: Member): Document {
  const special = scope.plan.selection
    .of(features)
    .map(({ name }: Feature) => scope.featureType(name))
    .find((found) => found !== undefined);
  if (special !== undefined && isText(type)) return special;
  if (special !== undefined && type.kind === 'list' && isText(type.element))
    return ['readonly ', special, '[]'];
  return typeExpression(scope, type);
}

function isText(type: Type): boolean {
  return type.kind === 'builtin' && type.name === 'str';
}

/** Members with their comments, a line each; `owner` has their documentation. */
export function memberLines(scope: Scope, owner: Entity, members: readonly Member[]): Document[] {
  return scope.plan.selection
    .of(members)
    .map((member) => [memberComment(scope, owner, member, 2), memberSignature(scope, member), ';']);
}

/** `{`, lines and `}`. */
export function block(lines: readonly Document[]): Document {
  return ['{', indent([hardLine, join(lines, hardLine)]), hardLine, '}'];
}

/** Whether a struct has no selected members, its own or its bases'. */
export function isEmpty(type: StructType | UnionType, selection: Selection): boolean {
  return type.kind === 'struct' && membersOf(type, selection).length === 0;
}

/** The selected members of a struct, or the common ones of a union; a base's come first. */
export function membersOf(type: StructType | UnionType, selection: Selection): readonly Member[] {
  const own = selection.of(type.members);
  return type.kind === 'struct' && type.base ? [...membersOf(type.base, selection), ...own] : own;
}

/** The declaration of a type. */
export function typeDeclaration(
  scope: Scope,
  type: Exclude<NamedType, { readonly kind: 'builtin' }>,
): Document {
  const head = definitionComment(scope, type);
  const name = scope.plan.nameOf(type);
  switch (type.kind) {
    case 'enum':
      return [head, enumType(scope, name, type)];
    case 'struct':
      return [head, structType(scope, name, type)];
    case 'union':
      return [head, unionType(scope, name, type)];
    case 'alternate':
      return [head, alternateType(scope, name, type)];
  }
}

function enumType(scope: Scope, name: string, type: EnumType): Document {
  const values = scope.plan.selection.of(type.values);
  if (values.length === 0) return `export type ${name} = never;`;
  const comments = values.map((value) => memberComment(scope, type, value, 2));
  if (comments.every((text) => Array.isArray(text) && text.length === 0)) {
    return alternatives(
      name,
      values.map((value) => quoted(value.name)),
    );
  }
  const lines = values.map((value, index) => [
    comments[index] ?? [],
    values.length > 1 ? '| ' : '',
    quoted(value.name),
  ]);
  return [`export type ${name} =`, indent([hardLine, join(lines, hardLine)]), ';'];
}

/** `export type Name = a | b;` */
function alternatives(name: string, types: readonly Document[]): Document {
  const separator = [line, '| '];
  return group([`export type ${name} =`, indent([line, ifBroken('| '), join(types, separator)]), ';']);
}

function structType(scope: Scope, name: string, type: StructType): Document {
  const { selection } = scope.plan;
  if (isEmpty(type, selection)) return `export type ${name} = ${EMPTY};`;
  const lines = memberLines(scope, type, type.members);
  const base = type.base && !isEmpty(type.base, selection) ? type.base : undefined;
  const head = base
    ? group([`export interface ${name}`, indent([line, 'extends ', scope.type(base)]), ' '])
    : `export interface ${name} `;
  return [head, lines.length === 0 ? '{}' : block(lines)];
}

function alternateType(scope: Scope, name: string, type: AlternateType): Document {
  const { branches, text } = uniqueBranches(scope, type);
  if (branches.length === 0) return `export type ${name} = never;`;
  if (!text)
    return alternatives(
      name,
      branches.map((branch) => typeExpression(scope, branch)),
    );
  const lines = scope.plan.selection
    .of(type.branches)
    .map((branch) => [
      memberComment(scope, type, { ...branch, features: [] }, 2),
      '| ',
      typeExpression(scope, branch.type),
    ]);
  return [`export type ${name} =`, indent([hardLine, join(lines, hardLine)]), ';'];
}

/** The types of an alternate's branches, and whether any branch has something said about it. */
function uniqueBranches(scope: Scope, type: AlternateType) {
  const branches = scope.plan.selection.of(type.branches);
  const described = new Set(
    type.doc?.members.filter(({ text }) => text.trim() !== '').map(({ name }) => name),
  );
  return {
    branches: branches.map((branch) => branch.type),
    text: branches.some(({ name }) => described.has(name)),
  };
}

/** Values of the discriminator that go with the same further members. */
interface Variant {
  readonly values: string[];
  /** Absent if there are no further members. */
  readonly type: StructType | UnionType | undefined;
}

function variantsOf(type: UnionType, selection: Selection): readonly Variant[] {
  const tag = type.discriminator.type;
  const values = tag.kind === 'enum' ? selection.of(tag.values) : [];
  const branches = new Map(selection.of(type.branches).map((branch) => [branch.name, branch.type]));
  const variants: Variant[] = [];
  const plain: Variant = { values: [], type: undefined };
  for (const { name } of values) {
    const found = branches.get(name);
    const further = found && !isEmpty(found, selection) ? found : undefined;
    const known = further ? variants.find((variant) => variant.type === further) : plain;
    if (known) known.values.push(name);
    else variants.push({ values: [name], type: further });
  }
  return plain.values.length === 0 ? variants : [...variants, plain];
}

/** The common members and, by the discriminator, the further ones. */
function unionType(scope: Scope, name: string, type: UnionType): Document {
  const variants = variantsOf(type, scope.plan.selection);
  const shapes = variants.map((variant) => variantType(scope, type, variant, variants.length > 1));
  const alone = variants.every((variant) => variant.type === undefined);
  if (type.base) {
    const base = scope.type(type.base);
    if (alone) return [`export type ${name} = `, base, ';'];
    return group([`export type ${name} = `, base, ' &', indent([line, group(oneOf(shapes))]), ';']);
  }
  const common = block(memberLines(scope, type, type.members));
  if (alone) return [`export interface ${name} `, common];
  return [`export type ${name} = `, common, ' & ', group(oneOf(shapes)), ';'];
}

function oneOf(shapes: readonly Document[]): Document {
  return ['(', indent([softLine, ifBroken('| '), join(shapes, [line, '| '])]), softLine, ')'];
}

function variantType(scope: Scope, union: UnionType, variant: Variant, enclosed: boolean): Document {
  const values = variant.values.map(quoted);
  const name = propertyName(union.discriminator.name);
  const tag = group([
    '{',
    indent([
      line,
      name,
      ':',
      group(indent([line, ifBroken('| '), join(values, [line, '| '])])),
      ifBroken(';'),
    ]),
    line,
    '}',
  ]);
  if (variant.type === undefined) return indent(tag);
  const shape = [tag, ' & ', scope.type(variant.type)];
  return enclosed ? ['(', indent(shape), ')'] : shape;
}

/** `{ readonly [name: string]: unknown }` as a member: anything may be there. */
export const ANYTHING_ELSE: Document = [
  comment(['Not described by the schema.']),
  '[name: string]: unknown;',
];
