/**
 * Documentation in the model, and its checks against what it documents (qemu-ga §10.6).
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Pragmas } from '../load/pragma.js';
import type { Doc, Feature, FreeText } from '../model.js';
import type { Span } from '../source.js';
import type { DocNode, DocSection } from '../syntax/tree.js';
import type { Definition, InlineMembers, TypeReference } from '../validate/definitions.js';
import { fail, warn } from '../validate/scope.js';

/** A definition's documentation in the model. */
export function modelDoc({ text, members, features, returns, errors, since, further, span }: DocNode): Doc {
  return {
    text,
    members: [...members.values()],
    features: [...features.values()],
    further,
    span,
    ...(returns && { returns: returns.text }),
    ...(errors && { errors: errors.text }),
    ...(since && { since: releaseIn(since.text) }),
  };
}

/** A free-form comment in the model. */
export function modelText({ whole, span }: DocNode): FreeText {
  return { kind: 'text', text: whole, span };
}

/** The release of a `Since` section, without remarks that follow it. */
function releaseIn(text: string): string {
  return /^\d+(?:\.\d+)*/.exec(text)?.[0] ?? text;
}

/** Something that a definition's documentation has to describe. */
interface Documentable {
  /** What messages call it. */
  readonly role: 'member' | 'value' | 'branch';
  readonly name: string;
  readonly features: readonly Feature[];
  readonly span: Span;
}

/** Checks that what there is is described, and what is described is there. */
export function checkDocumentation(definition: Definition, pragmas: Pragmas, reporter: Reporter): void {
  const { doc, context, name, flawed } = definition;
  if (!doc || doc.broken || flawed) return;
  const scope = { reporter, context };
  const parts = documentable(definition);
  const lacking = doc.oldForm ? warn : fail;
  const excepted = pragmas.exceptions['documentation-exceptions'].has(name);
  for (const part of parts) {
    if (excepted || doc.members.has(part.name)) continue;
    const hint = `describe it in the comment before the definition: '# @${part.name}: …'`;
    lacking(scope, 'doc-entry-missing', `${part.role} '${part.name}' lacks documentation`, part.span, {
      hint,
    });
  }
  const features = [definition.features, ...parts.map((part) => part.features)].flat();
  for (const feature of features) {
    if (doc.features.has(feature.name)) continue;
    const hint = `describe it under 'Features:' in the comment before the definition`;
    fail(scope, 'doc-entry-missing', `feature '${feature.name}' lacks documentation`, feature.span, { hint });
  }
  const complain = (
    sections: ReadonlyMap<string, DocSection>,
    known: readonly string[],
    what: string,
  ): void => {
    const names = new Set(known);
    const unknown = [...sections.values()].filter((section) => !names.has(section.name));
    const [first] = unknown;
    if (!first) return;
    const many = unknown.length > 1;
    const list = unknown.map((section) => `'${section.name}'`).join(', ');
    const message = `documented ${what}${many ? 's' : ''} ${list} ${many ? 'do' : 'does'} not exist`;
    fail(scope, 'doc-entry-unknown', message, first.span, { hint: HINT_NAMES });
  };
  complain(
    doc.members,
    parts.map((part) => part.name),
    'member',
  );
  complain(
    doc.features,
    features.map((feature) => feature.name),
    'feature',
  );
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

const HINT_NAMES = 'names in the documentation of 2012 could differ: check with --dialect 2012';
