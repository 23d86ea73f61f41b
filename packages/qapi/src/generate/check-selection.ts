/** Finds what a choice of conditions tears apart: a generated thing that needs a type which is left out. */
import { collectDiagnostics, type Diagnostic } from '../diagnostics/diagnostics.js';
import type { Branch, Entity, Member, NamedType, Payload, Schema, Type } from '../model.js';
import type { Span } from '../source.js';
import type { Selection } from './selection.js';

/** A place that names a type. */
interface Reference {
  readonly type: NamedType;
  /** `member 'x'`, `the base`, …; continues "needs". */
  readonly what: string;
  readonly span: Span;
}

/** One error for each reference from what is selected to a type that is not, at the place of the reference. */
export function checkSelection(schema: Schema, selection: Selection): readonly Diagnostic[] {
  const collector = collectDiagnostics();
  for (const entity of selection.of(schema.entities)) {
    for (const { type, what, span } of references(entity, selection)) {
      if (type.kind === 'builtin' || selection.includes(type)) continue;
      collector.error(
        'type-left-out',
        `${what} of ${entity.kind} '${entity.name}' needs type '${type.name}', which is left out by its 'if' condition`,
        span,
        {
          context: { meta: entity.kind, name: entity.name },
          hint: `define what '${type.name}' depends on, or put the same condition on what needs it`,
          related: [{ message: `type '${type.name}' is defined here`, span: type.span }],
        },
      );
    }
  }
  return collector.diagnostics;
}

function references(entity: Entity, selection: Selection): Reference[] {
  const { span } = entity;
  switch (entity.kind) {
    case 'enum':
      return [];
    case 'struct':
      return [...base(entity.base, span), ...inMembers('member', entity.members, selection)];
    case 'union':
      return [
        ...base(entity.base, span),
        ...(entity.base ? [] : inMembers('member', entity.members, selection)),
        ...inBranches(entity.branches, selection),
      ];
    case 'alternate':
      return inBranches(entity.branches, selection);
    case 'command':
      return [
        ...inPayload(entity.arguments, span, selection),
        ...(entity.returns ? inType('the return value', entity.returns, span, selection) : []),
      ];
    case 'event':
      return inPayload(entity.data, span, selection);
  }
}

function base(type: NamedType | undefined, span: Span): Reference[] {
  return type ? [{ type, what: 'the base', span }] : [];
}

function inBranches(branches: readonly Branch[], selection: Selection): Reference[] {
  return selection
    .of(branches)
    .flatMap(({ name, type, span }) => inType(`branch '${name}'`, type, span, selection));
}

function inPayload(payload: Payload | undefined, span: Span, selection: Selection): Reference[] {
  if (payload === undefined) return [];
  if (payload.kind === 'named') return [{ type: payload.type, what: "the 'data'", span }];
  return inMembers('argument', payload.members, selection);
}

function inMembers(role: string, members: readonly Member[], selection: Selection): Reference[] {
  return selection
    .of(members)
    .flatMap(({ name, type, span }) => inType(`${role} '${name}'`, type, span, selection));
}

function inType(what: string, type: Type, span: Span, selection: Selection): Reference[] {
  if (type.kind === 'list') return inType(what, type.element, span, selection);
  if (type.kind === 'anonymous') return inMembers('member', type.members, selection);
  return [{ type, what, span }];
}
