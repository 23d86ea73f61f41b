/** Documentation in the model, and its checks against the definition (qemu-ga §10.6). */
import { suggestion } from '../diagnostics/suggest.js';
import type { Pragmas } from '../load/pragma.js';
import type { Doc, FreeText } from '../model.js';
import type { DocNode, DocSection } from '../syntax/tree.js';
import { type Definition, partsOf } from '../validate/definitions.js';
import { fail, type Scope, warn } from '../validate/scope.js';

/** Returns a definition's documentation in the model. */
export function modelDoc({ text, members, features, returns, errors, since, further, span }: DocNode): Doc {
  return {
    text,
    members: [...members.values()],
    features: [...features.values()],
    further,
    span,
    ...(returns && { returns: returns.text }),
    ...(errors && { errors: errors.text }),
    ...(since && { since: /^\d+(?:\.\d+)*/.exec(since.text)?.[0] ?? since.text }),
  };
}

/** Returns a free-form comment in the model. */
export function modelText({ whole, span }: DocNode): FreeText {
  return { kind: 'text', text: whole, span };
}

/** The words in messages for the parts of these kinds of definitions. */
export const ROLES: Partial<Record<Definition['kind'], string>> = { enum: 'value', alternate: 'branch' };

/** Reports parts without a description, and descriptions of parts that do not exist. */
export function checkDocumentation(
  definition: Definition,
  pragmas: Pragmas,
  reporter: Scope['reporter'],
): void {
  const { doc, context, name, flawed } = definition;
  if (!doc || doc.broken || flawed) return;
  const scope = { reporter, context };
  const parts = partsOf(definition);
  const reportPart = doc.oldForm ? warn : fail;
  if (!pragmas.exceptions['documentation-exceptions'].has(name)) {
    for (const part of parts) {
      if (doc.members.has(part.name)) continue;
      const hint = `describe it in the comment before the definition: '# @${part.name}: …'`;
      const message = `${ROLES[definition.kind] ?? 'member'} '${part.name}' lacks documentation`;
      reportPart(scope, 'doc-entry-missing', message, part.span, { hint });
    }
  }
  const features = [definition, ...parts].flatMap((part) => ('features' in part ? part.features : []));
  for (const feature of features) {
    if (doc.features.has(feature.name)) continue;
    const message = `feature '${feature.name}' lacks documentation`;
    reportPart(scope, 'doc-entry-missing', message, feature.span, { hint: HINT_FEATURE });
  }
  reportUnknown(scope, reportPart, doc.members, parts, 'member');
  reportUnknown(scope, reportPart, doc.features, features, 'feature');
}

function reportUnknown(
  scope: Pick<Scope, 'reporter' | 'context'>,
  report: typeof fail | typeof warn,
  sections: ReadonlyMap<string, DocSection>,
  known: readonly { readonly name: string }[],
  what: string,
): void {
  if (sections.size === 0) return;
  const names = new Set(known.map(({ name }) => name));
  const unknown = [...sections.values()].filter((section) => !names.has(section.name));
  const [first] = unknown;
  if (!first) return;
  const list = unknown.map((section) => `'${section.name}'`).join(', ');
  const [plural, verb] = unknown.length > 1 ? ['s', 'do'] : ['', 'does'];
  const message = `documented ${what}${plural} ${list} ${verb} not exist`;
  const undescribed = [...names].filter((name) => !sections.has(name));
  const hint = suggestion(first.name, undescribed) ?? HINT_NAMES;
  report(scope, 'doc-entry-unknown', message, first.span, { hint });
}

const HINT_FEATURE = "describe it under 'Features:' in the comment before the definition";
const HINT_NAMES = 'use the name in the definition, or remove the description';
