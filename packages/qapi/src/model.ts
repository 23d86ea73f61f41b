/**
 * The schema model: what a checked schema means. The front end builds it, the generators read it.
 * All names are resolved; everything that may carry a place has one.
 */
import type { BuiltinName } from '@guestwire/schema';
import type { Span } from './source.js';

/** An `if` condition, as written. */
export type Condition =
  | { readonly kind: 'defined'; readonly name: string }
  | { readonly kind: 'all' | 'any'; readonly operands: readonly Condition[] }
  | { readonly kind: 'not'; readonly operand: Condition };

/** A feature flag of a definition or member. */
export interface Feature {
  readonly name: string;
  readonly condition?: Condition;
  readonly span: Span;
}

/** One described thing in a documentation comment: a member, an argument, an enum value or a feature. */
export interface DocEntry {
  readonly name: string;
  /** Paragraphs as written, indentation of the block removed; empty if only the name was given. */
  readonly text: string;
  readonly span: Span;
}

/** The documentation of a definition. Texts are in the markup of the schema (reStructuredText). */
export interface Doc {
  /** What comes before the first member, feature or tagged section. */
  readonly text: string;
  /** Descriptions of members, arguments, branches or values. */
  readonly members: readonly DocEntry[];
  readonly features: readonly DocEntry[];
  readonly returns?: string;
  readonly errors?: string;
  /** The release, for instance `2.6`. */
  readonly since?: string;
  /** Untagged text that stands after members, features or sections; in order. */
  readonly further: readonly string[];
  readonly span: Span;
}

/** Free-form documentation: headings and text between definitions. */
export interface FreeText {
  readonly kind: 'text';
  readonly text: string;
  readonly span: Span;
}

interface Definition {
  readonly name: string;
  readonly condition?: Condition;
  readonly features: readonly Feature[];
  readonly doc?: Doc;
  readonly span: Span;
}

/** A built-in type. `QType` is an enum and is not among them. */
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
export interface EnumValue {
  readonly name: string;
  readonly condition?: Condition;
  readonly features: readonly Feature[];
  readonly span: Span;
}

/** An enum. `QType` is one, without a place in any module. */
export interface EnumType extends Definition {
  readonly kind: 'enum';
  readonly values: readonly EnumValue[];
}

/** A member of a struct, of a union's common part, or an argument. */
export interface Member {
  readonly name: string;
  readonly type: Type;
  readonly optional: boolean;
  readonly condition?: Condition;
  readonly features: readonly Feature[];
  readonly span: Span;
}

/** A struct. */
export interface StructType extends Definition {
  readonly kind: 'struct';
  readonly base?: StructType;
  /** Its own members, without those of `base`. */
  readonly members: readonly Member[];
}

/** A branch of a union or alternate. */
export interface Branch<T extends Type = Type> {
  /** For a union the discriminator's value, for an alternate the branch's name. */
  readonly name: string;
  readonly type: T;
  readonly condition?: Condition;
  readonly span: Span;
}

/** A union. */
export interface UnionType extends Definition {
  readonly kind: 'union';
  /** The common members: those of a named base (all of them, its own bases' first), or those written in place. */
  readonly members: readonly Member[];
  /** The named base, if the common members come from one. */
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

/** The type of a member that was written as an object in place, in the dialect of 2012 only. */
export interface AnonymousType {
  readonly kind: 'anonymous';
  readonly members: readonly Member[];
  readonly span: Span;
}

/** A type that a schema can name. */
export type NamedType = BuiltinType | EnumType | StructType | UnionType | AlternateType;

/** Any type. */
export type Type = NamedType | ListType | AnonymousType;

/** What a command takes or an event carries: members in place, or a named struct or union. */
export type Payload =
  | { readonly kind: 'members'; readonly members: readonly Member[] }
  | { readonly kind: 'named'; readonly type: StructType | UnionType };

/** A command. */
export interface Command extends Definition {
  readonly kind: 'command';
  /** Absent if it takes nothing. */
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
  /** Path relative to the folder of the main file, with `/`; `guest-agent.json`, `file.json`. */
  readonly name: string;
  /** Definitions and free-form documentation, in the order of the file. */
  readonly items: readonly (Entity | FreeText)[];
  /** The modules that it includes, in order, first inclusion only. */
  readonly includes: readonly Module[];
}

/** A whole checked schema. */
export interface Schema {
  readonly main: Module;
  /** All modules, in the order in which their first definitions are read (an included one before the rest of its includer). */
  readonly modules: readonly Module[];
  /** All definitions in schema order. */
  readonly entities: readonly Entity[];
}
