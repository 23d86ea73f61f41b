/** Validated definitions, the input of the semantic checks. Names of types are not resolved yet. */
import type { DiagnosticContext } from '../diagnostics/diagnostics.js';
import type { Branch, Command, Condition, EnumType, EnumValue, Event, Feature, Member } from '../model.js';
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

export type EnumDefinition = CommonDefinition & Pick<EnumType, 'kind' | 'values'>;

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

export interface AlternateDefinition extends CommonDefinition {
  readonly kind: 'alternate';
  readonly branches: readonly BranchDefinition[];
}

export interface CommandDefinition extends CommonDefinition, Pick<Command, 'kind' | 'boxed'> {
  readonly flags: Pick<Command, 'gen' | 'successResponse' | 'allowOob' | 'allowPreconfig' | 'coroutine'>;
  readonly data?: TypeReference | InlineMembers;
  readonly returns?: TypeReference;
}

export interface EventDefinition extends CommonDefinition, Pick<Event, 'kind' | 'boxed'> {
  readonly data?: TypeReference | InlineMembers;
}

export type Definition =
  | EnumDefinition
  | StructDefinition
  | UnionDefinition
  | AlternateDefinition
  | CommandDefinition
  | EventDefinition;

/** Returns the members, values or branches that a definition lists in place. */
export function partsOf(
  definition: Definition,
): readonly (EnumValue | MemberDefinition | BranchDefinition)[] {
  switch (definition.kind) {
    case 'enum':
      return definition.values;
    case 'struct':
      return definition.members;
    case 'alternate':
      return definition.branches;
    case 'union':
      return inPlace(definition.flat?.base);
    default:
      return inPlace(definition.data);
  }
}

/** Returns members in place; none for the name of a type. */
export function inPlace(data: TypeReference | InlineMembers | undefined): readonly MemberDefinition[] {
  return data?.kind === 'members' ? data.members : [];
}
