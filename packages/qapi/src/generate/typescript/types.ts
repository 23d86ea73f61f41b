/** TypeScript types for the types of a schema. */
import type { BuiltinName } from '@guestwire/schema';
import type { Branch, Entity, EnumValue, Member, StructType, Type, UnionType } from '../../model.js';
import { memberText } from '../markup/render.js';
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
import type { DeclaredType } from '../references.js';
import type { Selection } from '../selection.js';
import { comment, definitionComment, memberComment } from './comments.js';
import type { Scope } from './scope.js';

/** The types that are neither `Int64` nor `number`. */
const BUILTINS: Partial<Record<BuiltinName, string>> = {
  str: 'string',
  bool: 'boolean',
  null: 'null',
  any: 'unknown',
};
const INT64 = new Set<BuiltinName>(['int', 'int64', 'uint64', 'size']);

export function typeExpression(scope: Scope, type: Type): Document {
  switch (type.kind) {
    case 'builtin':
      return INT64.has(type.name) ? scope.runtimeType('Int64') : (BUILTINS[type.name] ?? 'number');
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

/** The type of an object without members, whose only value is `{}`. */
const EMPTY = '{ readonly [name: string]: never }';

/** Returns `name?: type`. */
function memberSignature(scope: Scope, member: Member): Document {
  return [propertyName(member.name), member.optional ? '?: ' : ': ', memberType(scope, member)];
}

function memberType(scope: Scope, { type, features }: Member): Document {
  const [special] = scope.plan.selection.of(features).flatMap(({ name }) => scope.featureType(name) ?? []);
  if (special !== undefined && isText(type)) return special;
  if (special !== undefined && type.kind === 'list' && isText(type.element))
    return ['readonly ', special, '[]'];
  return typeExpression(scope, type);
}

function isText(type: Type): boolean {
  return type.kind === 'builtin' && type.name === 'str';
}

/** Returns members with their comments, which come from the documentation of `owner`. */
export function memberLines(scope: Scope, owner: Entity, members: readonly Member[]): Document[] {
  return scope.plan.selection
    .of(members)
    .map((member) => [memberComment(scope, owner, member), memberSignature(scope, member), ';']);
}

/** Returns `{`, lines and `}`. */
export function block(lines: readonly Document[]): Document {
  return ['{', indent([hardLine, join(lines, hardLine)]), hardLine, '}'];
}

/** Returns true if a struct and its bases have no selected members. */
export function isEmpty(type: StructType | UnionType, selection: Selection): boolean {
  return type.kind === 'struct' && membersOf(type, selection).length === 0;
}

/** Returns the selected members of a struct, those of its bases first, or the common members of a union. */
export function membersOf(type: StructType | UnionType, selection: Selection): readonly Member[] {
  const own = selection.of(type.members);
  return type.kind === 'struct' && type.base ? [...membersOf(type.base, selection), ...own] : own;
}

export function typeDeclaration(scope: Scope, type: DeclaredType): Document {
  const name = scope.plan.nameOf(type);
  return [definitionComment(scope, type), declarationOf(scope, name, type)];
}

function declarationOf(scope: Scope, name: string, type: DeclaredType): Document {
  if (type.kind === 'struct') return structType(scope, name, type);
  if (type.kind === 'union') return unionType(scope, name, type);
  const { selection } = scope.plan;
  const parts = selection.of<EnumValue | Branch>(type.kind === 'enum' ? type.values : type.branches);
  const types = parts.map((part) => ('type' in part ? typeExpression(scope, part.type) : quoted(part.name)));
  const comments = parts.map((part) => memberComment(scope, type, part));
  // The width of an integer alone does not make a comment necessary.
  const isCommented = parts.some((part, index) =>
    'type' in part
      ? (memberText(part.name, type.doc) ?? '').trim() !== ''
      : !Array.isArray(comments[index]) || comments[index].length > 0,
  );
  return alternatives(name, types, isCommented ? comments : undefined);
}

/** Returns `export type Name = a | b;`, with a line for each type if they have comments. */
function alternatives(name: string, types: readonly Document[], comments: readonly Document[] | undefined) {
  const head = `export type ${name} =`;
  if (types.length === 0) return `${head} never;`;
  if (!comments) return group([head, indent([line, ifBroken('| '), join(types, [line, '| '])]), ';']);
  const bar = types.length > 1 ? '| ' : '';
  const lines = types.map((type, index) => [comments[index] ?? [], bar, type]);
  return [head, indent([hardLine, join(lines, hardLine)]), ';'];
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

/** Values of the discriminator with the same further members. */
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

/** Returns the common members and, by the discriminator, the further ones. */
function unionType(scope: Scope, name: string, type: UnionType): Document {
  const variants = variantsOf(type, scope.plan.selection);
  const types = variants.map((variant) => variantType(scope, type, variant, variants.length > 1));
  const further = group(['(', indent([softLine, ifBroken('| '), join(types, [line, '| '])]), softLine, ')']);
  const isPlain = variants.every((variant) => variant.type === undefined);
  if (type.base) {
    const base = scope.type(type.base);
    if (isPlain) return [`export type ${name} = `, base, ';'];
    return group([`export type ${name} = `, base, ' &', indent([line, further]), ';']);
  }
  const common = block(memberLines(scope, type, type.members));
  if (isPlain) return [`export interface ${name} `, common];
  return [`export type ${name} = `, common, ' & ', further, ';'];
}

function variantType(scope: Scope, union: UnionType, variant: Variant, enclosed: boolean): Document {
  const values = join(variant.values.map(quoted), [line, '| ']);
  const name = propertyName(union.discriminator.name);
  const member = [line, name, ':', group(indent([line, ifBroken('| '), values])), ifBroken(';')];
  const tag = group(['{', indent(member), line, '}']);
  if (variant.type === undefined) return indent(tag);
  const type = [tag, ' & ', scope.type(variant.type)];
  return enclosed ? ['(', indent(type), ')'] : type;
}

/** A member for everything that the schema does not describe. */
export const ANYTHING_ELSE: Document = [
  comment(['Not described by the schema.']),
  '[name: string]: unknown;',
];
