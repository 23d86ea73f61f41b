/** The types that a definition refers to. */
import { type Diagnostic, DiagnosticCollector } from '../diagnostics/diagnostics.js';
import type { Branch, Command, Entity, Event, Member, NamedType, Payload, Schema, Type } from '../model.js';
import type { Span } from '../source.js';
import type { Selection } from './selection.js';

/** A type that a generated module declares. */
export type DeclaredType = Exclude<NamedType, { readonly kind: 'builtin' }>;

export interface Reference {
  readonly type: DeclaredType;
  /** The subject of the message "… needs type": `member 'x'`, `the base`. */
  readonly what: string;
  readonly span: Span;
}

export function isCall(entity: Entity): entity is Command | Event {
  return entity.kind === 'command' || entity.kind === 'event';
}

/** Returns the arguments of a command or the data of an event. */
export function payloadOf(entity: Command | Event): Payload | undefined {
  return entity.kind === 'command' ? entity.arguments : entity.data;
}

/** Returns an error for each reference of a selected part to a type that is excluded. */
export function checkSelection(schema: Schema, selection: Selection): readonly Diagnostic[] {
  const collector = new DiagnosticCollector();
  for (const entity of selection.of(schema.entities)) {
    const context = { meta: entity.kind, name: entity.name };
    for (const { type, what, span } of referencesOf(entity, selection)) {
      if (selection.includes(type)) continue;
      const message = `${what} of ${entity.kind} '${entity.name}' needs type '${type.name}', which is left out by its 'if' condition`;
      collector.error('type-left-out', message, span, {
        context,
        hint: `define the condition of '${type.name}', or put the same condition on the part that needs it`,
        related: [{ message: `type '${type.name}' is defined here`, span: type.span }],
      });
    }
  }
  return collector.diagnostics;
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
      const members = inherits ? [] : inParts('member', entity.members, selection);
      const branches = entity.kind === 'union' ? inParts('branch', entity.branches, selection) : [];
      return [...base, ...members, ...branches];
    }
    case 'alternate':
      return inParts('branch', entity.branches, selection);
    case 'command':
      return [
        ...inPayload(entity.arguments, span, selection),
        ...(entity.returns ? inType('the return value', entity.returns, span, selection) : []),
      ];
    case 'event':
      return inPayload(entity.data, span, selection);
  }
}

function inPayload(payload: Payload | undefined, span: Span, selection: Selection): readonly Reference[] {
  if (payload === undefined) return [];
  if (payload.kind === 'named') return inType("the 'data'", payload.type, span, selection);
  return inParts('argument', payload.members, selection);
}

function inParts(
  role: string,
  parts: readonly (Branch | Member)[],
  selection: Selection,
): readonly Reference[] {
  return selection
    .of(parts)
    .flatMap(({ name, type, span }) => inType(`${role} '${name}'`, type, span, selection));
}

function inType(what: string, type: Type, span: Span, selection: Selection): readonly Reference[] {
  if (type.kind === 'builtin') return [];
  if (type.kind === 'list') return inType(what, type.element, span, selection);
  if (type.kind === 'anonymous') return inParts('member', type.members, selection);
  return [{ type, what, span }];
}
