/** Documentation in the model, and its checks against the definition (qemu-ga §10.6). */
import type { Pragmas } from '../load/pragma.js';
import type { Doc, Feature, FreeText } from '../model.js';
import type { Span } from '../source.js';
import type { DocNode, DocSection } from '../syntax/tree.js';
import type { Definition, InlineMembers, TypeReference } from '../validate/definitions.js';
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

/** A part of a definition that its documentation must describe. */
interface Documentable {
  /** The word for it in messages. */
  readonly role: 'member' | 'value' | 'branch';
  readonly name: string;
  readonly features: readonly Feature[];
  readonly span: Span;
}

/** Reports parts without a description, and descriptions of parts that do not exist. */
export function checkDocumentation(
  definition: Definition,
  pragmas: Pragmas,
  reporter: Scope['reporter'],
): void {
  const { doc, context, name, flawed } = definition;
  if (!doc || doc.broken || flawed) return;
  const scope = { reporter, context };
  const parts = documentable(definition);
  const reportPart = doc.oldForm ? warn : fail;
  if (!pragmas.exceptions['documentation-exceptions'].has(name)) {
    for (const part of parts) {
      if (doc.members.has(part.name)) continue;
      const hint = `describe it in the comment before the definition: '# @${part.name}: …'`;
      const message = `${part.role} '${part.name}' lacks documentation`;
      reportPart(scope, 'doc-entry-missing', message, part.span, { hint });
    }
  }
  const features = [definition.features, ...parts.map((part) => part.features)].flat();
  for (const feature of features) {
    if (doc.features.has(feature.name)) continue;
    const message = `feature '${feature.name}' lacks documentation`;
    fail(scope, 'doc-entry-missing', message, feature.span, { hint: HINT_FEATURE });
  }
  reportUnknown(scope, doc.members, parts, 'member');
  reportUnknown(scope, doc.features, features, 'feature');
}

function reportUnknown(
  scope: Pick<Scope, 'reporter' | 'context'>,
  sections: ReadonlyMap<string, DocSection>,
  known: readonly { readonly name: string }[],
  what: string,
): void {
  const names = new Set(known.map(({ name }) => name));
  const unknown = [...sections.values()].filter((section) => !names.has(section.name));
  const [first] = unknown;
  if (!first) return;
  const list = unknown.map((section) => `'${section.name}'`).join(', ');
  const message =
    unknown.length > 1
      ? `documented ${what}s ${list} do not exist`
      : `documented ${what} ${list} does not exist`;
  fail(scope, 'doc-entry-unknown', message, first.span, { hint: HINT_NAMES });
}

function documentable(definition: Definition): readonly Documentable[] {
  switch (definition.kind) {
    case 'enum':
      return definition.values.map((value) => ({ ...value, role: 'value' }));
    case 'struct':
      return definition.members.map((member) => ({ ...member, role: 'member' }));
    case 'union':
      return inlineMembers(definition.flat?.base);
    case 'alternate':
      return definition.branches.map((branch) => ({ ...branch, role: 'branch', features: [] }));
    default:
      return inlineMembers(definition.data);
  }
}

function inlineMembers(data: TypeReference | InlineMembers | undefined): readonly Documentable[] {
  return data?.kind === 'members' ? data.members.map((member) => ({ ...member, role: 'member' })) : [];
}

const HINT_FEATURE = "describe it under 'Features:' in the comment before the definition";
const HINT_NAMES = 'in 2012 names in documentation could differ: check with --dialect 2012';
