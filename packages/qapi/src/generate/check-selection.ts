/** Checks that a selection of conditions leaves no reference to an excluded type. */
import { type Diagnostic, DiagnosticCollector } from '../diagnostics/diagnostics.js';
import type { Schema } from '../model.js';
import { referencesOf } from './references.js';
import type { Selection } from './selection.js';

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
