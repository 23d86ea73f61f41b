/**
 * Run-time descriptors: a QAPI schema as values that carry their TypeScript types.
 *
 * Generated modules declare one descriptor per type and command. The descriptor is data only; a single
 * generic checker interprets it (`checkArguments` of `@guestwire/schema`). This module has no imports, so that a copy
 * of it can stand beside generated code that must not depend on a package.
 */

/**
 * A 64-bit integer, exact: a `number` where it is a safe integer, else a `bigint`.
 * Never rounded, in neither direction.
 */
export type Int64 = number | bigint;

/** Carries the TypeScript type `T` of a descriptor; the member does not exist at run time. */
export interface Typed<T> {
  readonly '~type'?: T;
}

/** The TypeScript type of the values that a descriptor describes. */
export type TypeOf<D> = D extends Typed<infer T> ? T : never;

/** Integer built-ins of QAPI. `int` is `int64` by another name, `size` is `uint64`. */
export type IntegerName =
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'size';

/** All built-in types of QAPI, but for the enum `QType`. */
export type BuiltinName = IntegerName | 'str' | 'number' | 'bool' | 'null' | 'any';

/** A built-in type. */
export interface BuiltinDescriptor<T = unknown> extends Typed<T> {
  readonly kind: 'builtin';
  readonly name: BuiltinName;
}

function scalar<T>(name: BuiltinName): BuiltinDescriptor<T> {
  return { kind: 'builtin', name };
}

/** The built-in types, by name. */
export const builtin: {
  readonly str: BuiltinDescriptor<string>;
  readonly bool: BuiltinDescriptor<boolean>;
  readonly number: BuiltinDescriptor<number>;
  readonly null: BuiltinDescriptor<null>;
  readonly any: BuiltinDescriptor;
  readonly int: BuiltinDescriptor<Int64>;
  readonly int8: BuiltinDescriptor<number>;
  readonly int16: BuiltinDescriptor<number>;
  readonly int32: BuiltinDescriptor<number>;
  readonly int64: BuiltinDescriptor<Int64>;
  readonly uint8: BuiltinDescriptor<number>;
  readonly uint16: BuiltinDescriptor<number>;
  readonly uint32: BuiltinDescriptor<number>;
  readonly uint64: BuiltinDescriptor<Int64>;
  readonly size: BuiltinDescriptor<Int64>;
} = {
  str: scalar<string>('str'),
  bool: scalar<boolean>('bool'),
  number: scalar<number>('number'),
  null: scalar<null>('null'),
  any: scalar<unknown>('any'),
  int: scalar<Int64>('int'),
  int8: scalar<number>('int8'),
  int16: scalar<number>('int16'),
  int32: scalar<number>('int32'),
  int64: scalar<Int64>('int64'),
  uint8: scalar<number>('uint8'),
  uint16: scalar<number>('uint16'),
  uint32: scalar<number>('uint32'),
  uint64: scalar<Int64>('uint64'),
  size: scalar<Int64>('size'),
};

/** A list; QAPI has no lists of lists. */
export interface ListDescriptor<T = unknown> extends Typed<readonly T[]> {
  readonly kind: 'list';
  /** Late bound, since types may refer to one another in any order. */
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

/** An object whose further members depend on the value of one of its common members. */
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

/** A value of one of several types that differ in their JSON type. */
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

/** A command: its name, what it takes and what it answers. */
export interface CommandDescriptor<Arguments = unknown, Returns = unknown> {
  readonly kind: 'command';
  readonly name: string;
  /** Absent if the command takes no arguments. */
  readonly arguments?: StructDescriptor<Arguments> | UnionDescriptor<Arguments>;
  /** Absent if the command returns nothing; it then answers `{}`. */
  readonly returns?: Descriptor;
  /** Carries the type of the return value; does not exist at run time. */
  readonly '~returns'?: Returns;
  /** False if the command answers nothing when it succeeds. */
  readonly successResponse: boolean;
  /** False if the command takes more than the schema says; members that are not described are not to be refused. */
  readonly gen?: false;
  /** True if it may be executed out of band. */
  readonly allowOob?: true;
  /** True if it may be executed before the machine is configured. */
  readonly allowPreconfig?: true;
  /** True if its handler runs in a coroutine. */
  readonly coroutine?: true;
  readonly features?: readonly string[];
  /** The release that brought it, from the `Since:` section of its documentation. */
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

/** The arguments of a command, as TypeScript sees them; `void` if it takes none. */
export type ArgumentsOf<C extends CommandDescriptor> =
  C extends CommandDescriptor<infer A, unknown> ? A : never;

/** What a command returns, as TypeScript sees it; `void` if it returns nothing. */
export type ReturnsOf<C extends CommandDescriptor> =
  C extends CommandDescriptor<unknown, infer R> ? R : never;
