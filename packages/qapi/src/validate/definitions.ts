/** Validated definitions, the input of the semantic checks. Names of types are not resolved yet. */
import type { DiagnosticContext } from '../diagnostics/diagnostics.js';
import type { Branch, Command, Condition, EnumValue, Event, Feature, Member } from '../model.js';
import type { Span } from '../source.js';
import type { DocNode } from '../syntax/tree.js';

/** The name of a type, or a list of that type. */
export interface TypeReference {
  readonly kind: 'reference';
  readonly name: string;
  readonly list: boolean;
  readonly span: Span;
}

/** Members in place of the name of a type. */
export interface InlineMembers {
  readonly kind: 'members';
  readonly members: readonly MemberDefinition[];
  readonly span: Span;
}

/** A member; in the dialect of 2012 its type may be a struct in place. */
export interface MemberDefinition extends Omit<Member, 'type'> {
  readonly type: TypeReference | InlineMembers;
}

/** A branch of a union or alternate. */
export interface BranchDefinition extends Omit<Branch, 'type'> {
  readonly type: TypeReference;
}

/** The parts that all kinds of definitions share. */
export interface CommonDefinition {
  readonly name: string;
  readonly condition?: Condition;
  readonly features: readonly Feature[];
  readonly doc?: DocNode;
  /** The whole definition. */
  readonly span: Span;
  /** The place of errors about the definition itself. */
  readonly nameSpan: Span;
  readonly context: DiagnosticContext;
  /** True after an error in it, so that a part may be missing. */
  readonly flawed: boolean;
}

/** An enum. */
export interface EnumDefinition extends CommonDefinition {
  readonly kind: 'enum';
  readonly values: readonly EnumValue[];
}

/** A struct. */
export interface StructDefinition extends CommonDefinition {
  readonly kind: 'struct';
  readonly base?: TypeReference;
  readonly members: readonly MemberDefinition[];
}

/** A union. Without `flat` it is a simple union of 2012: `{"type": …, "data": …}` on the wire. */
export interface UnionDefinition extends CommonDefinition {
  readonly kind: 'union';
  readonly flat?: {
    readonly base: TypeReference | InlineMembers;
    readonly discriminator: { readonly name: string; readonly span: Span };
  };
  readonly branches: readonly BranchDefinition[];
}

/** An alternate. */
export interface AlternateDefinition extends CommonDefinition {
  readonly kind: 'alternate';
  readonly branches: readonly BranchDefinition[];
}

/** The flags of a command. */
export type CommandFlags = Pick<
  Command,
  'boxed' | 'gen' | 'successResponse' | 'allowOob' | 'allowPreconfig' | 'coroutine'
>;

/** A command. */
export interface CommandDefinition extends CommonDefinition, CommandFlags {
  readonly kind: 'command';
  readonly data?: TypeReference | InlineMembers;
  readonly returns?: TypeReference;
}

/** An event. */
export interface EventDefinition extends CommonDefinition, Pick<Event, 'boxed'> {
  readonly kind: 'event';
  readonly data?: TypeReference | InlineMembers;
}

/** Any definition. */
export type Definition =
  | EnumDefinition
  | StructDefinition
  | UnionDefinition
  | AlternateDefinition
  | CommandDefinition
  | EventDefinition;
