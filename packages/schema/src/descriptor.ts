/**
 * Run-time descriptors: a QAPI schema as values that carry their TypeScript types.
 *
 * Generated modules declare one descriptor for each type and command. A descriptor is data only, which `checkArguments` and
 * `checkReply` of `@guestwire/schema` interpret. This module has no imports: `qapi generate` can put a copy of it beside its output.
 */

/** A 64-bit integer, exact: a `number` where it is a safe integer, else a `bigint`. It is never rounded. */
export type Int64 = number | bigint;

/** Carries the TypeScript type `T` of a descriptor; the member does not exist at run time. */
export interface Typed<T> {
  readonly '~type'?: T;
}

/** The TypeScript type of the values that a descriptor describes. */
export type TypeOf<D> = D extends Typed<infer T> ? T : never;

type IntegerTypes = Record<'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32', number> &
  Record<'int' | 'int64' | 'uint64' | 'size', Int64>;

/** The built-in types of QAPI, but for the enum `QType`. `int` is `int64` by another name, `size` is `uint64`. */
type BuiltinTypes = { str: string; bool: boolean; number: number; null: null; any: unknown } & IntegerTypes;

/** The names of the built-in types. */
export type BuiltinName = keyof BuiltinTypes;

/** The names of the integer types. */
export type IntegerName = keyof IntegerTypes;

/** A built-in type. */
export interface BuiltinDescriptor<T = unknown> extends Typed<T> {
  readonly kind: 'builtin';
  readonly name: BuiltinName;
}

function scalar<T>(name: BuiltinName): BuiltinDescriptor<T> {
  return { kind: 'builtin', name };
}

/** The built-in types, by name. */
export const builtin: { readonly [N in BuiltinName]: BuiltinDescriptor<BuiltinTypes[N]> } = {
  str: scalar('str'),
  bool: scalar('bool'),
  number: scalar('number'),
  null: scalar('null'),
  any: scalar('any'),
  int: scalar('int'),
  int8: scalar('int8'),
  int16: scalar('int16'),
  int32: scalar('int32'),
  int64: scalar('int64'),
  uint8: scalar('uint8'),
  uint16: scalar('uint16'),
  uint32: scalar('uint32'),
  uint64: scalar('uint64'),
  size: scalar('size'),
};

/** A list; QAPI has no lists of lists. */
export interface ListDescriptor<T = unknown> extends Typed<readonly T[]> {
  readonly kind: 'list';
  /** A function, since types may refer to each other in any order. */
  readonly element: () => Descriptor<T>;
}

/** A set of strings. */
export interface EnumDescriptor<T extends string = string> extends Typed<T> {
  readonly kind: 'enum';
  readonly name: string;
  /** In schema order. */
  readonly values: readonly T[];
}

/** A member of a struct, of a union's common part, or an argument of a command. */
export interface MemberDescriptor {
  readonly name: string;
  readonly type: () => Descriptor;
  /** True if the member may be absent. */
  readonly optional?: true;
  /** Names of the member's features; absent if it has none. */
  readonly features?: readonly string[];
}

/** An object with known members. Members of base types come first, as on the wire. */
export interface StructDescriptor<T = unknown> extends Typed<T> {
  readonly kind: 'struct';
  /** The type's name; for arguments written in place, the command's name. */
  readonly name: string;
  readonly members: readonly MemberDescriptor[];
}

/** An object whose further members depend on the value of a common member. */
export interface UnionDescriptor<T = unknown> extends Typed<T> {
  readonly kind: 'union';
  readonly name: string;
  /** The common members, the discriminator among them. */
  readonly members: readonly MemberDescriptor[];
  /** The name of the common member that selects the branch. */
  readonly discriminator: string;
  /** By value of the discriminator; a value without an entry adds no members. */
  readonly branches: Readonly<Record<string, () => StructDescriptor | UnionDescriptor>>;
}

/** A value of one of several types, which differ in their JSON type. */
export interface AlternateDescriptor<T = unknown> extends Typed<T> {
  readonly kind: 'alternate';
  readonly name: string;
  readonly branches: readonly { readonly name: string; readonly type: () => Descriptor }[];
}

/** Any type of a schema. */
export type Descriptor<T = unknown> =
  | BuiltinDescriptor<T>
  | ListDescriptor
  | EnumDescriptor
  | StructDescriptor<T>
  | UnionDescriptor<T>
  | AlternateDescriptor<T>;

/** A command: its name, arguments and return value. */
export interface CommandDescriptor<Arguments = unknown, Returns = unknown> {
  readonly kind: 'command';
  readonly name: string;
  /** Absent if the command takes no arguments. */
  readonly arguments?: StructDescriptor<Arguments> | UnionDescriptor<Arguments>;
  /** Absent if the command returns nothing; its reply then holds `{}`. */
  readonly returns?: Descriptor;
  /** Carries the type of the return value; does not exist at run time. */
  readonly '~returns'?: Returns;
  /** False if a successful command has no reply. */
  readonly successResponse: boolean;
  /** False if the command accepts members that the schema does not describe. */
  readonly gen?: false;
  /** True if it may be executed out of band. */
  readonly allowOob?: true;
  /** True if it may be executed before the machine is configured. */
  readonly allowPreconfig?: true;
  /** True if its handler runs in a coroutine. */
  readonly coroutine?: true;
  readonly features?: readonly string[];
  /** The first release that has it, from the `Since:` section of its documentation. */
  readonly since?: string;
}

/** An event and its data. */
export interface EventDescriptor<Data = unknown> {
  readonly kind: 'event';
  readonly name: string;
  readonly data?: StructDescriptor<Data> | UnionDescriptor<Data>;
  readonly features?: readonly string[];
  readonly since?: string;
}

/** Commands by name, in schema order. */
export type CommandTable = Readonly<Record<string, CommandDescriptor>>;

/** Events by name, in schema order. */
export type EventTable = Readonly<Record<string, EventDescriptor>>;

/** The TypeScript type of the arguments of a command; `void` if it takes none. */
export type ArgumentsOf<C extends CommandDescriptor> =
  C extends CommandDescriptor<infer A, unknown> ? A : never;

/** The TypeScript type of the return value of a command; `void` if it returns nothing. */
export type ReturnsOf<C extends CommandDescriptor> =
  C extends CommandDescriptor<unknown, infer R> ? R : never;
