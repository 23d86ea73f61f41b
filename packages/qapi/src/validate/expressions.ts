/** Validates each expression by itself (qemu-ga §10.4, §10.5). */

import { suggestion } from '../diagnostics/suggest.js';
import type { Expression } from '../load/loader.js';
import type { DocNode, ObjectNode, StringNode } from '../syntax/tree.js';
import { readCondition } from './conditions.js';
import type { Definition } from './definitions.js';
import { KEYS, type Meta, READERS } from './kinds.js';
import { readFeatures } from './members.js';
import { checkEventName, checkLowerName, checkTypeName, type NameFault } from './names.js';
import { checkKeys, checkName, type Entries, fail, type Keys, type Scope, warn } from './scope.js';

const METAS: readonly Meta[] = ['enum', 'struct', 'union', 'alternate', 'command', 'event'];

/** Returns the names that an expression with an error may define. The first key may be a misspelt kind; in 2012 `type` was one. */
export function possibleNames(entries: Entries): readonly string[] {
  const metas = METAS.filter((meta) => entries.has(meta));
  const keys = metas.length > 0 ? metas : [...[...entries.keys()].slice(0, 1), 'type'];
  return keys.flatMap((key) => {
    const value = entries.get(key)?.value;
    return value?.kind === 'string' ? [value.value] : [];
  });
}

/** Validates one expression. Returns undefined, after a report, if it is not a definition or lacks a required part. */
export function validateExpression({ object, doc }: Expression, outer: Scope): Definition | undefined {
  const { entries } = object;
  const metas = METAS.filter((meta) => entries.has(meta));
  const legacy = metas.length === 0 && entries.has('type');
  const [meta = legacyMeta(entries)] = metas;
  if (metas.length !== 1 && !(legacy && outer.dialect === '2012')) {
    const message = `expression must have exactly one key ${METAS.map((name) => `'${name}'`).join(', ')}`;
    const at = entries.get(legacy ? 'type' : (metas[1] ?? ''))?.key.span;
    const brace = { ...object.span, end: object.span.start + 1 };
    const hint = legacy ? HINT_TYPE : misspeltKind(entries, metas);
    return fail(outer, 'definition-kind', message, at ?? brace, { hint });
  }
  const name = entries.get(legacy ? 'type' : meta)?.value;
  if (name?.kind !== 'string') {
    return fail(outer, 'name-not-string', `'${meta}' requires a string name`, name?.span ?? object.span);
  }
  const scope: Scope = { ...outer, context: { meta, name: name.value } };
  const errors = scope.reporter.errors;
  checkName(scope, definitionNameFault(scope, meta, name.value), name.span);
  checkDoc(scope, meta, name, entries, doc);
  const definition = isAnonymousUnion(scope, object)
    ? readDefinition(scope, 'alternate', name, withoutDiscriminator(object), doc)
    : readDefinition(scope, meta, name, legacy ? modernized(object, meta) : object, doc);
  return definition && { ...definition, flawed: scope.reporter.errors > errors };
}

/** Returns a suggestion for the first key of an expression without a kind. */
function misspeltKind(entries: Entries, metas: readonly Meta[]): string | undefined {
  const [key] = entries.keys();
  return metas.length > 0 || key === undefined ? undefined : suggestion(key, METAS);
}

/** In 2012 `type` defined a struct, or an event if its name had only capitals. */
function legacyMeta(entries: Entries): Meta {
  const name = entries.get('type')?.value;
  return name?.kind === 'string' && /^[A-Z][A-Z0-9_]*$/.test(name.value) ? 'event' : 'struct';
}

function modernized(object: ObjectNode, meta: Meta): ObjectNode {
  const entries = [...object.entries].map(([key, entry]) => [key === 'type' ? meta : key, entry] as const);
  return { ...object, entries: new Map(entries) };
}

/** In QEMU 1.7 to 2.3 an alternate was a union with `'discriminator': {}`. */
function isAnonymousUnion({ dialect }: Scope, { entries }: ObjectNode): boolean {
  const discriminator = entries.get('discriminator')?.value;
  return (
    dialect === '2012' &&
    entries.has('union') &&
    discriminator?.kind === 'object' &&
    discriminator.entries.size === 0
  );
}

function withoutDiscriminator(object: ObjectNode): ObjectNode {
  const entries = [...object.entries]
    .filter(([key]) => key !== 'discriminator')
    .map(([key, entry]) => [key === 'union' ? 'alternate' : key, entry] as const);
  return { ...object, entries: new Map(entries) };
}

function definitionNameFault(scope: Scope, meta: Meta, name: string): NameFault {
  if (meta === 'event') return checkEventName(name, meta);
  if (meta !== 'command') return checkTypeName(name, meta);
  const old = scope.dialect !== 'modern';
  const underscore = old || scope.pragmas.exceptions['command-name-exceptions'].has(name);
  return checkLowerName(name, meta, { underscore, upper: old });
}

/** Checks the parts of the documentation that do not depend on the members (qemu-ga §10.6). */
function checkDoc(
  scope: Scope,
  meta: Meta,
  { value: name, span }: StringNode,
  entries: Entries,
  doc: DocNode | undefined,
): void {
  if (scope.dialect === '2012') return;
  if (!doc) {
    if (!scope.pragmas.docRequired) return;
    const hint = `insert a comment from '##' to '##' before it that begins with '# @${name}:'`;
    fail(scope, 'doc-required', 'documentation comment required', span, { hint });
    return;
  }
  const { symbol, returns, errors, oldForm } = doc;
  if (symbol && symbol.value !== name) {
    const related = [{ message: 'the comment', span: symbol.span }];
    const message = `documentation comment is for '${symbol.value}'`;
    fail(scope, 'doc-wrong-name', message, span, { hint: HINT_WRONG_NAME, related });
  }
  if (meta === 'command') {
    if (!returns || entries.has('returns')) return;
    const message = "'Returns' section, but command doesn't return anything";
    const report = oldForm ? warn : fail;
    report(scope, 'doc-returns-nothing', message, returns.span, { hint: HINT_SECTION });
    return;
  }
  for (const section of [returns, errors]) {
    if (!section) continue;
    const message = `'${section.name}' section is only valid for commands`;
    fail(scope, 'doc-section-misplaced', message, section.span, { hint: HINT_SECTION });
  }
}

function readDefinition(
  outer: Scope,
  meta: Meta,
  { value: name, span: nameSpan }: StringNode,
  object: ObjectNode,
  doc: DocNode | undefined,
): Definition | undefined {
  const { entries, span } = object;
  const simple = meta === 'union' && !entries.has('base') && !entries.has('discriminator');
  const old = outer.dialect !== 'modern';
  const keys = simple && old ? SIMPLE_UNION_KEYS : KEYS[meta];
  if (!checkKeys(outer, object, meta, keys, simple ? HINT_SIMPLE_UNION : undefined)) return undefined;
  const isType = meta !== 'command' && meta !== 'event';
  const excepted = old || (isType && outer.pragmas.exceptions['member-name-exceptions'].has(name));
  const scope: Scope = {
    ...outer,
    memberCase: { upper: excepted, underscore: excepted, dots: outer.dialect === '2012' },
  };
  const specific = READERS[meta](scope, entries);
  const condition = readCondition(scope, entries, meta);
  const features = readFeatures(scope, entries);
  if (!specific) return undefined;
  const common = { name, features, span, nameSpan, context: { meta, name }, flawed: false, ...condition };
  return { ...specific, ...common, ...(doc && { doc }) };
}

const SIMPLE_UNION_KEYS: Keys = { required: ['union', 'data'], optional: ['if', 'features'] };

const HINT_TYPE = "write 'struct' instead of 'type'";
const HINT_SIMPLE_UNION =
  "add a 'base' with an enum member that selects the branch, and the name of that member as 'discriminator'";
const HINT_SECTION = 'remove the section';
const HINT_WRONG_NAME = 'name the definition on the first line of the comment';
