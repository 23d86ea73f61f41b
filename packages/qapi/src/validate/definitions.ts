/**
 * Definitions whose shape is right: what the first stage of checks hands to the second. Names of types are not
 * resolved yet.
 */
import type { DiagnosticContext } from '../diagnostics/diagnostics.js';
import type { Condition, EnumValue, Feature } from '../model.js';
import type { Span } from '../source.js';
import type { DocNode } from '../syntax/tree.js';

/** A type by its name, or a list of it. */
export interface TypeReference {
  readonly kind: 'reference';
  readonly name: string;
  readonly list: boolean;
  readonly span: Span;
}

/** Members written in place of a name. */
export interface InlineMembers {
  readonly kind: 'members';
  readonly members: readonly MemberDefinition[];
  readonly span: Span;
}

/** A member; in the dialect of 2012 its type may be written in place. */
export interface MemberDefinition {
  readonly name: string;
  readonly optional: boolean;
  readonly type: TypeReference | InlineMembers;
  readonly condition?: Condition;
  readonly features: readonly Feature[];
  readonly span: Span;
}

/** A branch of a union or alternate. */
export interface BranchDefinition {
  readonly name: string;
  readonly type: TypeReference;
  readonly condition?: Condition;
  readonly span: Span;
}

interface Common {
  readonly name: string;
  readonly condition?: Condition;
  readonly features: readonly Feature[];
  readonly doc?: DocNode;
  /** The whole definition. */
  readonly span: Span;
  /** Its name, where the definition itself is complained of. */
  readonly nameSpan: Span;
  readonly context: DiagnosticContext;
  /** True if an error was reported in it, so that a part of it may be missing. */
  readonly flawed: boolean;
}

/** An enum. */
export interface EnumDefinition extends Common {
  readonly kind: 'enum';
  readonly values: readonly EnumValue[];
}

/** A struct. */
export interface StructDefinition extends Common {
  readonly kind: 'struct';
  readonly base?: TypeReference;
  readonly members: readonly MemberDefinition[];
}

/** A union. Without `base` and `discriminator` it is one of 2012: `{"type": …, "data": …}` on the wire. */
export interface UnionDefinition extends Common {
  readonly kind: 'union';
  readonly flat?: {
    readonly base: TypeReference | InlineMembers;
    readonly discriminator: { readonly name: string; readonly span: Span };
  };
  readonly branches: readonly BranchDefinition[];
}

/** An alternate. */
export interface AlternateDefinition extends Common {
  readonly kind: 'alternate';
  readonly branches: readonly BranchDefinition[];
}

/** A command. */
export interface CommandDefinition extends Common {
  readonly kind: 'command';
  readonly data?: TypeReference | InlineMembers;
  readonly returns?: TypeReference;
  readonly boxed: boolean;
  readonly gen: boolean;
  readonly successResponse: boolean;
  readonly allowOob: boolean;
  readonly allowPreconfig: boolean;
  readonly coroutine: boolean;
}

/** An event. */
export interface EventDefinition extends Common {
  readonly kind: 'event';
  readonly data?: TypeReference | InlineMembers;
  readonly boxed: boolean;
}

/** Any definition. */
export type Definition =
  | EnumDefinition
  | StructDefinition
  | UnionDefinition
  | AlternateDefinition
  | CommandDefinition
  | EventDefinition;
