/** The model of a checked schema, the input of the generators. All names are resolved. */
import type { BuiltinName } from '@guestwire/schema';
import type { Span } from './source.js';

/** An `if` condition, as written. */
export type Condition =
  | { readonly kind: 'defined'; readonly name: string }
  | { readonly kind: 'all' | 'any'; readonly operands: readonly Condition[] }
  | { readonly kind: 'not'; readonly operand: Condition };

/** A named part of a schema with its place and condition. */
interface Part {
  readonly name: string;
  readonly condition?: Condition;
  readonly span: Span;
}

/** A feature of a definition or member. */
export type Feature = Part;

/** A description in a documentation comment: of a member, an argument, an enum value or a feature. */
export interface DocEntry {
  readonly name: string;
  /** Paragraphs without the indentation of the block; may be empty. */
  readonly text: string;
  readonly span: Span;
}

/** The documentation of a definition. Texts are in the markup of the schema (reStructuredText). */
export interface Doc {
  /** The text before the first member, feature or tagged section. */
  readonly text: string;
  /** Descriptions of members, arguments, branches or values. */
  readonly members: readonly DocEntry[];
  readonly features: readonly DocEntry[];
  readonly returns?: string;
  readonly errors?: string;
  /** The release, for example `2.6`. */
  readonly since?: string;
  /** Untagged text after members, features or sections, in order. */
  readonly further: readonly string[];
  readonly span: Span;
}

/** Free-form documentation between definitions. */
export interface FreeText {
  readonly kind: 'text';
  readonly text: string;
  readonly span: Span;
}

interface Definition extends Part {
  readonly features: readonly Feature[];
  readonly doc?: Doc;
}

/** A built-in type. `QType` is not one: it is an enum. */
export interface BuiltinType {
  readonly kind: 'builtin';
  readonly name: BuiltinName;
}

/** A list of `element`. */
export interface ListType {
  readonly kind: 'list';
  readonly element: NamedType;
}

/** An enum value. */
export interface EnumValue extends Part {
  readonly features: readonly Feature[];
}

/** An enum. `QType` belongs to no module. */
export interface EnumType extends Definition {
  readonly kind: 'enum';
  readonly values: readonly EnumValue[];
}

/** A member of a struct, of a union's common part, or an argument. */
export interface Member extends Part {
  readonly type: Type;
  readonly optional: boolean;
  readonly features: readonly Feature[];
}

/** A struct. */
export interface StructType extends Definition {
  readonly kind: 'struct';
  readonly base?: StructType;
  /** The members without those of `base`. */
  readonly members: readonly Member[];
}

/** A branch of a union or alternate. The name is the discriminator's value, or the branch's name. */
export interface Branch<T extends Type = Type> extends Part {
  readonly type: T;
}

/** A union. */
export interface UnionType extends Definition {
  readonly kind: 'union';
  /** The common members, in place or of a named base; the bases of a base come first. */
  readonly members: readonly Member[];
  /** The named base, if there is one. */
  readonly base?: StructType;
  readonly discriminator: Member;
  /** In schema order. */
  readonly branches: readonly Branch<StructType | UnionType>[];
}

/** An alternate. */
export interface AlternateType extends Definition {
  readonly kind: 'alternate';
  readonly branches: readonly Branch[];
}

/** The type of a member with an object in place (dialect of 2012 only). */
export interface AnonymousType {
  readonly kind: 'anonymous';
  readonly members: readonly Member[];
  readonly span: Span;
}

/** A type with a name in the schema. */
export type NamedType = BuiltinType | EnumType | StructType | UnionType | AlternateType;

/** Any type. */
export type Type = NamedType | ListType | AnonymousType;

/** The arguments of a command or data of an event: members in place, or a named struct or union. */
export type Payload =
  | { readonly kind: 'members'; readonly members: readonly Member[] }
  | { readonly kind: 'named'; readonly type: StructType | UnionType };

/** A command. */
export interface Command extends Definition {
  readonly kind: 'command';
  readonly arguments?: Payload;
  readonly returns?: Type;
  readonly boxed: boolean;
  readonly gen: boolean;
  readonly successResponse: boolean;
  readonly allowOob: boolean;
  readonly allowPreconfig: boolean;
  readonly coroutine: boolean;
}

/** An event. */
export interface Event extends Definition {
  readonly kind: 'event';
  readonly data?: Payload;
  readonly boxed: boolean;
}

/** A definition. */
export type Entity = EnumType | StructType | UnionType | AlternateType | Command | Event;

/** One file of a schema. */
export interface Module {
  /** The path relative to the folder of the main file, with `/`. */
  readonly name: string;
  /** Definitions and free-form documentation, in the order of the file. */
  readonly items: readonly (Entity | FreeText)[];
  /** The included modules in order, first inclusions only. */
  readonly includes: readonly Module[];
}

/** A checked schema. */
export interface Schema {
  readonly main: Module;
  /** All modules in the order of their first definitions: an included module before the rest of the including one. */
  readonly modules: readonly Module[];
  /** All definitions in schema order. */
  readonly entities: readonly Entity[];
}
