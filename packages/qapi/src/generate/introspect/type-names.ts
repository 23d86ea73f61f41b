/** Types as introspection sees them: implicit ones named, integers all alike, names masked by numbers. */
import type { BuiltinName } from '@guestwire/schema';
import type { Condition, Member, NamedType, Type } from '../../model.js';

/** An object type that the schema does not name: members written in place, or no members at all. */
export interface ImplicitType {
  readonly kind: 'implicit';
  readonly name: string;
  readonly members: readonly Member[];
  readonly condition?: Condition;
}

/** A list as introspection sees it. */
interface ArrayType {
  readonly kind: 'array';
  readonly element: SeenType;
}

/** A type that introspection may have to describe. */
export type SeenType = NamedType | ImplicitType | ArrayType;

/** The type of a command or event without data, and of a branch without members. */
export const NOTHING: ImplicitType = { kind: 'implicit', name: 'q_empty', members: [] };

const JSON_TYPES: Readonly<Record<Exclude<BuiltinName, `${'' | 'u'}int${string}` | 'size'>, string>> = {
  str: 'string',
  number: 'number',
  bool: 'boolean',
  null: 'null',
  any: 'value',
};

/** The JSON type of a built-in type, in introspection's words. */
export function jsonType(name: BuiltinName): string {
  const known: Readonly<Record<string, string>> = JSON_TYPES;
  return known[name] ?? 'int';
}

/** Hands out the names of types, and remembers in which order types were first used. */
export interface TypeNames {
  /** The name by which a type is referred to; `path` names a type written in place. */
  use(type: Type | ImplicitType, path: string): string;
  /** The name of a type that has been used. */
  nameOf(type: SeenType): string;
  /** All types used so far, in order; grows while it is read. */
  readonly used: readonly SeenType[];
}

const INT: NamedType = { kind: 'builtin', name: 'int' };

/** Numbers types in the order of first use, as QEMU does; with `unmasked` they keep their names. */
export function typeNames(unmasked: boolean): TypeNames {
  const used: SeenType[] = [];
  const keys = new Set<string>();
  const numbers = new Map<string, string>();
  const masked = (name: string): string => {
    if (unmasked) return name;
    const number = numbers.get(name) ?? String(numbers.size);
    numbers.set(name, number);
    return number;
  };
  const nameOf = (type: SeenType): string => {
    if (type.kind === 'array') return `[${nameOf(type.element)}]`;
    return type.kind === 'builtin' ? type.name : masked(type.name);
  };
  const note = (type: SeenType): string => {
    const key = keyOf(type);
    if (!keys.has(key)) {
      keys.add(key);
      used.push(type);
    }
    return type.kind === 'array' ? `[${note(type.element)}]` : nameOf(type);
  };
  return { use: (type, path) => note(seen(type, path)), nameOf, used };
}

function keyOf(type: SeenType): string {
  return type.kind === 'array' ? `[${keyOf(type.element)}]` : type.name;
}

function seen(type: Type | ImplicitType, path: string): SeenType {
  switch (type.kind) {
    case 'builtin':
      return jsonType(type.name) === 'int' ? INT : type;
    case 'list':
      return { kind: 'array', element: seen(type.element, path) };
    case 'anonymous':
      return { kind: 'implicit', name: `q_obj_${path}`, members: type.members };
    default:
      return type;
  }
}
