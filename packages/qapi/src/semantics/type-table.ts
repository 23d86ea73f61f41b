/** Resolves names to types. Each exists from the start as a draft, since types may refer to each other in any order. */

import type { Reporter } from '../diagnostics/diagnostics.js';
import { suggestion } from '../diagnostics/suggest.js';
import type { AlternateType, EnumType, Member, NamedType, StructType, Type, UnionType } from '../model.js';
import type { Definition, InlineMembers, MemberDefinition, TypeReference } from '../validate/definitions.js';
import type { ValidProgram } from '../validate/program.js';
import { fail } from '../validate/scope.js';
import { BUILTIN_TYPES, describeType, UNKNOWN_TYPE } from './builtin-types.js';
import { modelDoc } from './documentation.js';

/** A part of the model that can still be modified. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };

type TypeDraft = Draft<EnumType> | Draft<StructType> | Draft<UnionType> | Draft<AlternateType>;

type Common = Pick<StructType, 'name' | 'features' | 'span' | 'condition' | 'doc'>;

/** Returns the parts that every definition has in the model. */
export function commonOf({ name, features, span, condition, doc }: Definition): Common {
  return { name, features, span, ...(condition && { condition }), ...(doc && { doc: modelDoc(doc) }) };
}

/** The types of values without a description in QEMU 1.1 to 2.5. */
const ANY_UNTIL_2_5: ReadonlySet<string> = new Set(['**', 'visitor', 'dict']);

/** The types of a program by name. Duplicate names are reported. */
export class TypeTable {
  readonly program: ValidProgram;
  readonly reporter: Reporter;
  /** Structs whose base was not found, so that inherited members are unknown. */
  readonly withoutBase = new Set<StructType>();
  readonly #byName = new Map<string, Definition>();
  readonly #drafts = new Map<Definition, TypeDraft>();

  constructor(program: ValidProgram, reporter: Reporter) {
    this.program = program;
    this.reporter = reporter;
    for (const definition of program.definitions) this.#add(definition);
  }

  /** The definitions in schema order, without those whose name was taken. */
  get definitions(): Iterable<Definition> {
    return this.#byName.values();
  }

  fail({ context }: Definition, ...report: Parameters<Reporter['error']>): undefined {
    return fail({ reporter: this.reporter, context }, ...report);
  }

  draftOf(definition: Definition): TypeDraft | undefined {
    return this.#drafts.get(definition);
  }

  /** Returns a type by its name, or undefined after a report. `what` is the user of the type. */
  find(user: Definition, { name, span }: TypeReference, what: string): NamedType | undefined {
    const definition = this.#byName.get(name);
    const type = BUILTIN_TYPES.get(name) ?? (definition && this.#drafts.get(definition));
    if (type) return type;
    if (this.program.dialect === '2012' && ANY_UNTIL_2_5.has(name)) return BUILTIN_TYPES.get('any');
    if (this.program.mayBeLost(name)) return undefined;
    const hint = suggestion(name, [...BUILTIN_TYPES.keys(), ...this.#typeNames()]);
    return this.fail(user, 'unknown-type', `${what} uses unknown type '${name}'`, span, { hint });
  }

  /** Returns the type of a reference; `UNKNOWN_TYPE`, after a report, if it does not exist. */
  resolve(user: Definition, reference: TypeReference, what: string): Type {
    const type = this.find(user, reference, reference.list ? user.context.meta : what) ?? UNKNOWN_TYPE;
    return reference.list ? { kind: 'list', element: type } : type;
  }

  /** Resolves the types of members. `role` is the word for a member in messages. */
  members(user: Definition, members: readonly MemberDefinition[], role: string): readonly Member[] {
    return members.map(({ name, optional, condition, features, span, type: given }) => {
      const type = this.#memberType(user, given, `${role} '${name}'`);
      const member = { name, optional, type, features, span };
      return condition ? { ...member, condition } : member;
    });
  }

  #memberType(user: Definition, type: TypeReference | InlineMembers, what: string): Type {
    if (type.kind === 'reference') return this.resolve(user, type, what);
    return { kind: 'anonymous', members: this.members(user, type.members, 'member'), span: type.span };
  }

  #typeNames(): readonly string[] {
    return [...this.#drafts.keys()].map(({ name }) => name);
  }

  #add(definition: Definition): void {
    const { name, nameSpan } = definition;
    const builtin = BUILTIN_TYPES.get(name);
    const earlier = this.#byName.get(name);
    if (builtin) {
      this.fail(definition, 'already-defined', `${describeType(builtin)} is already defined`, nameSpan);
    } else if (earlier) {
      const related = [{ message: 'previous definition', span: earlier.nameSpan }];
      this.fail(definition, 'already-defined', `'${name}' is already defined`, nameSpan, { related });
    } else {
      this.#byName.set(name, definition);
      const draft = draftFor(definition);
      if (draft) this.#drafts.set(definition, draft);
    }
  }
}

function draftFor(definition: Definition): TypeDraft | undefined {
  switch (definition.kind) {
    case 'enum':
      return { ...commonOf(definition), kind: 'enum', values: definition.values };
    case 'struct':
      return { ...commonOf(definition), kind: 'struct', members: [] };
    case 'union': {
      // Replaced when the discriminator is found; otherwise there is an error and so no schema.
      const span = definition.nameSpan;
      const discriminator = { name: '', type: UNKNOWN_TYPE, optional: false, features: [], span };
      return { ...commonOf(definition), kind: 'union', members: [], discriminator, branches: [] };
    }
    case 'alternate':
      return { ...commonOf(definition), kind: 'alternate', branches: [] };
    default:
      return undefined;
  }
}
