/** The types that a definition refers to. */
import { type Diagnostic, DiagnosticCollector } from '../diagnostics/diagnostics.js';
import type { Branch, Command, Entity, Event, Member, NamedType, Payload, Schema, Type } from '../model.js';
import type { Span } from '../source.js';
import type { Selection } from './selection.js';

/** A type that a generated module declares. */
export type DeclaredType = Exclude<NamedType, { readonly kind: 'builtin' }>;

export interface Reference {
  readonly type: DeclaredType;
  /** The word for the subject of the message "… needs type": `member`, `the base`. */
  readonly role: string;
  /** The name of the subject. */
  readonly name?: string;
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
  const selected = selection.of(schema.entities);
  if (selected.length === schema.entities.length) return [];
  const collector = new DiagnosticCollector();
  for (const entity of selected) {
    const context = { meta: entity.kind, name: entity.name };
    for (const { type, role, name, span } of referencesOf(entity, selection)) {
      if (selection.includes(type)) continue;
      const what = name === undefined ? role : `${role} '${name}'`;
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
  const references: Reference[] = [];
  const add = (type: Type, span: Span, role: string, name?: string): void => {
    if (type.kind === 'list') add(type.element, span, role, name);
    else if (type.kind === 'anonymous') addParts(type.members, 'member');
    else if (type.kind !== 'builtin')
      references.push(name === undefined ? { type, role, span } : { type, role, name, span });
  };
  const addParts = (parts: readonly (Branch | Member)[], role: string): void => {
    for (const { name, type, span } of selection.of(parts)) add(type, span, role, name);
  };
  const { span } = entity;
  if (entity.kind === 'struct' || entity.kind === 'union') {
    if (entity.base) add(entity.base, span, 'the base');
    if (entity.kind === 'struct' || !entity.base) addParts(entity.members, 'member');
  }
  if (entity.kind === 'union' || entity.kind === 'alternate') addParts(entity.branches, 'branch');
  if (!isCall(entity)) return references;
  const payload = payloadOf(entity);
  if (payload?.kind === 'named') add(payload.type, span, "the 'data'");
  else if (payload) addParts(payload.members, 'argument');
  if (entity.kind === 'command' && entity.returns) add(entity.returns, span, 'the return value');
  return references;
}
