/** Types in introspection: implicit ones have names, all integers are equal, names are replaced by numbers. */
import type { BuiltinName } from '@guestwire/schema';
import type { Condition, Member, NamedType, Type } from '../../model.js';

/** An object type without a name in the schema: members in place, or no members. */
export interface ImplicitType {
  readonly kind: 'implicit';
  readonly name: string;
  readonly members: readonly Member[];
  readonly condition?: Condition;
}

interface ArrayType {
  readonly kind: 'array';
  readonly element: SeenType;
}

export type SeenType = NamedType | ImplicitType | ArrayType;

/** The type of a command or event without data, and of a branch without members. */
export const NOTHING: ImplicitType = { kind: 'implicit', name: 'q_empty', members: [] };

type BuiltinWords = Partial<Record<BuiltinName, string>>;
const JSON_TYPES: BuiltinWords = {
  str: 'string',
  number: 'number',
  bool: 'boolean',
  null: 'null',
  any: 'value',
};

/** Returns introspection's word for the JSON type of a built-in type. */
export function jsonType(name: BuiltinName): string {
  return JSON_TYPES[name] ?? 'int';
}

/** Assigns names to types in the order of first use, as QEMU does: numbers, or with `unmasked` the real names. */
export class TypeNames {
  readonly #unmasked: boolean;
  readonly #used: SeenType[] = [];
  readonly #keys = new Set<string>();
  readonly #numbers = new Map<string, string>();

  constructor(unmasked: boolean) {
    this.#unmasked = unmasked;
  }

  /** The types so far, in order. An iteration includes types that are used during it. */
  get used(): Iterable<SeenType> {
    return this.#used;
  }

  /** Returns the name of a type and records its use; `path` names a type in place. */
  use(type: Type | ImplicitType, path: string): string {
    return this.#record(seen(type, path));
  }

  /** Returns the name of a type that was used. */
  nameOf(type: SeenType): string {
    if (type.kind === 'array') return `[${this.nameOf(type.element)}]`;
    if (type.kind === 'builtin' || this.#unmasked) return type.name;
    const number = this.#numbers.get(type.name) ?? String(this.#numbers.size);
    this.#numbers.set(type.name, number);
    return number;
  }

  #record(type: SeenType): string {
    const key = keyOf(type);
    if (!this.#keys.has(key)) this.#used.push(type);
    this.#keys.add(key);
    return type.kind === 'array' ? `[${this.#record(type.element)}]` : this.nameOf(type);
  }
}

function keyOf(type: SeenType): string {
  return type.kind === 'array' ? `[${keyOf(type.element)}]` : type.name;
}

function seen(type: Type | ImplicitType, path: string): SeenType {
  switch (type.kind) {
    case 'builtin':
      return jsonType(type.name) === 'int' ? { kind: 'builtin', name: 'int' } : type;
    case 'list':
      return { kind: 'array', element: seen(type.element, path) };
    case 'anonymous':
      return { kind: 'implicit', name: `q_obj_${path}`, members: type.members };
    default:
      return type;
  }
}
