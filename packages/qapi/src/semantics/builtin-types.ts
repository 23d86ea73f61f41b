/**
 * The types that every schema has (qemu-ga §10.4).
 */
import { builtin } from '../descriptor.js';
import type { BuiltinType, EnumType, NamedType, Type } from '../model.js';
import { createSource, type Span } from '../source.js';

/** The place of what no file defines. */
const NOWHERE: Span = { source: createSource('built-in', ''), start: 0, end: 0 };

const SCALARS = Object.values(builtin).map(({ name }): [string, BuiltinType] => [
  name,
  { kind: 'builtin', name },
]);

const QTYPE_VALUES = ['none', 'qnull', 'qnum', 'qstring', 'qdict', 'qlist', 'qbool'];

const QTYPE: EnumType = {
  kind: 'enum',
  name: 'QType',
  values: QTYPE_VALUES.map((name) => ({ name, features: [], span: NOWHERE })),
  features: [],
  span: NOWHERE,
};

/** By name. */
export const BUILTIN_TYPES: ReadonlyMap<string, BuiltinType | EnumType> = new Map<
  string,
  BuiltinType | EnumType
>([...SCALARS, [QTYPE.name, QTYPE]]);

/** Stands for a type that could not be found, so that what uses it stays whole. It is told by its identity. */
export const UNKNOWN_TYPE: BuiltinType = { kind: 'builtin', name: 'any' };

/** Whether a type, or the element of a list, could not be found. */
export function isUnknown(type: Type): boolean {
  return type === UNKNOWN_TYPE || (type.kind === 'list' && type.element === UNKNOWN_TYPE);
}

/** How messages speak of a type. */
export function describeType(type: Type): string {
  switch (type.kind) {
    case 'builtin':
      return `built-in type '${type.name}'`;
    case 'list':
      return `array type ['${type.element.name}']`;
    case 'anonymous':
      return 'a struct in place';
    default:
      return `${type.kind} type '${type.name}'`;
  }
}

/** What a type is in JSON, as far as an alternate can tell; undefined if it can be anything. */
export function jsonKindOf(
  type: Type,
): 'null' | 'string' | 'number' | 'boolean' | 'array' | 'object' | undefined {
  switch (type.kind) {
    case 'list':
      return 'array';
    case 'enum':
      return 'string';
    case 'alternate':
      return undefined;
    case 'builtin':
      return scalarKindOf(type);
    default:
      return 'object';
  }
}

function scalarKindOf({ name }: BuiltinType) {
  if (name === 'any') return undefined;
  if (name === 'str') return 'string';
  if (name === 'bool') return 'boolean';
  return name === 'null' ? 'null' : 'number';
}

/** True of the types that are objects on the wire. */
export function isObjectType(type: NamedType): type is Extract<NamedType, { kind: 'struct' | 'union' }> {
  return type.kind === 'struct' || type.kind === 'union';
}
