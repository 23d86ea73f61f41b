/** The types that a definition refers to. */
import type { Branch, Entity, Member, NamedType, Payload, Type } from '../model.js';
import type { Span } from '../source.js';
import type { Selection } from './selection.js';

/** A type that a generated module declares. */
export type DeclaredType = Exclude<NamedType, { readonly kind: 'builtin' }>;

/** A reference to a type. */
export interface Reference {
  readonly type: DeclaredType;
  /** The subject of the message "… needs type": `member 'x'`, `the base`. */
  readonly what: string;
  readonly span: Span;
}

/** Returns the references of an entity's selected parts. Members of a named base belong to the base. */
export function referencesOf(entity: Entity, selection: Selection): readonly Reference[] {
  const { span } = entity;
  switch (entity.kind) {
    case 'enum':
      return [];
    case 'struct':
    case 'union': {
      const base = entity.base ? inType('the base', entity.base, span, selection) : [];
      const inherits = entity.kind === 'union' && entity.base;
      const members = inherits ? [] : inMembers('member', entity.members, selection);
      const branches = entity.kind === 'union' ? inBranches(entity.branches, selection) : [];
      return [...base, ...members, ...branches];
    }
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

function inBranches(branches: readonly Branch[], selection: Selection): readonly Reference[] {
  return selection
    .of(branches)
    .flatMap(({ name, type, span }) => inType(`branch '${name}'`, type, span, selection));
}

function inPayload(payload: Payload | undefined, span: Span, selection: Selection): readonly Reference[] {
  if (payload === undefined) return [];
  if (payload.kind === 'named') return inType("the 'data'", payload.type, span, selection);
  return inMembers('argument', payload.members, selection);
}

function inMembers(role: string, members: readonly Member[], selection: Selection): readonly Reference[] {
  return selection
    .of(members)
    .flatMap(({ name, type, span }) => inType(`${role} '${name}'`, type, span, selection));
}

function inType(what: string, type: Type, span: Span, selection: Selection): readonly Reference[] {
  if (type.kind === 'builtin') return [];
  if (type.kind === 'list') return inType(what, type.element, span, selection);
  if (type.kind === 'anonymous') return inMembers('member', type.members, selection);
  return [{ type, what, span }];
}
