/** The built-in types (qemu-ga §10.4). */
import { type BuiltinName, builtin } from '@guestwire/schema';
import type { BuiltinType, EnumType, NamedType, Type } from '../model.js';
import { createSource, type Span } from '../source.js';

/** The place of built-in definitions. */
const NOWHERE: Span = { source: createSource('built-in', ''), start: 0, end: 0 };

const QTYPE_VALUES = ['none', 'qnull', 'qnum', 'qstring', 'qdict', 'qlist', 'qbool'];

const QTYPE: EnumType = {
  kind: 'enum',
  name: 'QType',
  values: QTYPE_VALUES.map((name) => ({ name, features: [], span: NOWHERE })),
  features: [],
  span: NOWHERE,
};

export const BUILTIN_TYPES: ReadonlyMap<string, BuiltinType | EnumType> = new Map(
  [...Object.values(builtin).map(({ name }): BuiltinType => ({ kind: 'builtin', name })), QTYPE].map(
    (type) => [type.name, type],
  ),
);

/** Replaces a type that was not found; compared by identity. */
export const UNKNOWN_TYPE: BuiltinType = { kind: 'builtin', name: 'any' };

/** Returns true if a type, or the element of a list, was not found. */
export function isUnknown(type: Type): boolean {
  return type === UNKNOWN_TYPE || (type.kind === 'list' && type.element === UNKNOWN_TYPE);
}

/** Returns the words for a type in messages. */
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

/** Returns the JSON type that selects a branch of an alternate; undefined for several types. */
export function jsonKindOf(type: Type): string | undefined {
  if (type.kind === 'builtin') return type.name === 'any' ? undefined : (SCALARS[type.name] ?? 'number');
  if (type.kind === 'alternate') return undefined;
  if (type.kind === 'enum') return 'string';
  return type.kind === 'list' ? 'array' : 'object';
}

/** The built-in types that are not numbers. */
const SCALARS: Partial<Record<BuiltinName, string>> = { str: 'string', bool: 'boolean', null: 'null' };

/** Returns true for the types that are objects on the wire. */
export function isObjectType(type: NamedType): type is Extract<NamedType, { kind: 'struct' | 'union' }> {
  return type.kind === 'struct' || type.kind === 'union';
}
