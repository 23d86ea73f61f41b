/**
 * Names to types. Types refer to each other in any order, so each exists from the start as a draft, which is
 * filled as its definition is read.
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { AlternateType, EnumType, Member, NamedType, StructType, Type, UnionType } from '../model.js';
import type { Span } from '../source.js';
import type { Definition, InlineMembers, MemberDefinition, TypeReference } from '../validate/definitions.js';
import type { CheckedProgram } from '../validate/program.js';
import { fail } from '../validate/scope.js';
import { BUILTIN_TYPES, describeType, UNKNOWN_TYPE } from './builtin-types.js';
import { modelDoc } from './documentation.js';

/** A part of the model while it is made. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** A type whose parts are still to come. */
type TypeDraft = Draft<EnumType> | Draft<StructType> | Draft<UnionType> | Draft<AlternateType>;

/** Types by name, and how to find them. */
export interface TypeTable {
  /** Definitions in schema order, without those whose name was taken. */
  readonly definitions: readonly Definition[];
  /** The draft of a type's definition. */
  draftOf(definition: Definition): TypeDraft | undefined;
  /** A type by its name; an unknown one is reported, with `what` as the user of it. */
  find(definition: Definition, reference: TypeReference, what: string): NamedType | undefined;
  /** What a reference means; a type that is not found is reported, and `UNKNOWN_TYPE` takes its place. */
  resolve(definition: Definition, reference: TypeReference, what: string): Type;
  /** Members with their types. `role` is what messages call one. */
  members(definition: Definition, members: readonly MemberDefinition[], role: string): readonly Member[];
}

/** What every definition has in the model. */
export function commonOf({ name, features, span, condition, doc }: Definition) {
  return {
    name,
    features,
    span,
    ...(condition && { condition }),
    ...(doc && { doc: modelDoc(doc) }),
  };
}

/** Gives every definition its name, and every type a draft. Names that are taken are reported. */
export function createTypeTable(program: CheckedProgram, reporter: Reporter): TypeTable {
  const byName = new Map<string, Definition>();
  const drafts = new Map<Definition, TypeDraft>();

  for (const definition of program.definitions) {
    const { name, nameSpan, context } = definition;
    const builtin = BUILTIN_TYPES.get(name);
    const earlier = byName.get(name);
    if (builtin) {
      fail({ reporter, context }, 'already-defined', `${describeType(builtin)} is already defined`, nameSpan);
    } else if (earlier) {
      const related = [{ message: 'previous definition', span: earlier.nameSpan }];
      fail({ reporter, context }, 'already-defined', `'${name}' is already defined`, nameSpan, { related });
    } else {
      byName.set(name, definition);
      const draft = draftFor(definition);
      if (draft) drafts.set(definition, draft);
    }
  }

  const find: TypeTable['find'] = ({ context }, { name, span }, what) => {
    const definition = byName.get(name);
    const type = BUILTIN_TYPES.get(name) ?? (definition && drafts.get(definition));
    if (type) return type;
    if (program.dialect === '2012' && name === '**') return BUILTIN_TYPES.get('any');
    if (!program.mayBeLost(name)) {
      fail({ reporter, context }, 'unknown-type', `${what} uses unknown type '${name}'`, span);
    }
    return undefined;
  };

  const resolve: TypeTable['resolve'] = (definition, reference, what) => {
    const type = find(definition, reference, reference.list ? definition.context.meta : what) ?? UNKNOWN_TYPE;
    return reference.list ? { kind: 'list', element: type } : type;
  };

  const members: TypeTable['members'] = (definition, list, role) =>
    list.map(({ name, optional, condition, features, span, type }) => ({
      name,
      optional,
      type: memberType(definition, type, `${role} '${name}'`),
      features,
      span,
      ...(condition && { condition }),
    }));

  const memberType = (definition: Definition, type: TypeReference | InlineMembers, what: string): Type =>
    type.kind === 'reference'
      ? resolve(definition, type, what)
      : { kind: 'anonymous', members: members(definition, type.members, 'member'), span: type.span };

  return {
    definitions: [...byName.values()],
    draftOf: (definition) => drafts.get(definition),
    find,
    resolve,
    members,
  };
}

function draftFor(definition: Definition): TypeDraft | undefined {
  switch (definition.kind) {
    case 'enum':
      return { ...commonOf(definition), kind: 'enum', values: definition.values };
    case 'struct':
      return { ...commonOf(definition), kind: 'struct', members: [] };
    case 'union':
      return {
        ...commonOf(definition),
        kind: 'union',
        members: [],
        discriminator: unresolved(definition.nameSpan),
        branches: [],
      };
    case 'alternate':
      return { ...commonOf(definition), kind: 'alternate', branches: [] };
    default:
      return undefined;
  }
}

/** Stands for a discriminator until it is found; where none is, there will be no schema. */
function unresolved(span: Span): Member {
  return {
    name: '',
    type: UNKNOWN_TYPE,
    optional: false,
    features: [],
    span,
  };
}
