/**
 * The first stage of checks: the shape of each expression on its own (qemu-ga §10.4, §10.5).
 */
import type { Expression } from '../load/loader.js';
import type { DocNode, EntryNode, ObjectNode, StringNode } from '../syntax/tree.js';
import { readCondition } from './conditions.js';
import type { Definition } from './definitions.js';
import { KEYS, type Meta, READERS } from './kinds.js';
import { readFeatures } from './members.js';
import { checkEventName, checkLowerName, checkTypeName, type NameFault } from './names.js';
import { checkKeys, checkName, fail, type Keys, type Scope, warn } from './scope.js';

const METAS: readonly Meta[] = ['enum', 'struct', 'union', 'alternate', 'command', 'event'];

/** Who is named by an expression, as far as that can be told. */
export interface Named {
  readonly meta: Meta;
  readonly name: StringNode;
}

/**
 * What an expression defines; undefined if it is not clear. `type` stands for `struct` where it is the only key that
 * could name something.
 */
export function nameOf(entries: ReadonlyMap<string, EntryNode>): Named | undefined {
  const metas = METAS.filter((meta) => entries.has(meta));
  const [meta] = metas;
  if (metas.length > 1) return undefined;
  const entry = meta ? entries.get(meta) : entries.get('type');
  return entry?.value.kind === 'string' ? { meta: meta ?? 'struct', name: entry.value } : undefined;
}

/**
 * Checks one expression. Undefined if it is no definition at all, or lacks what one needs; then, and for every lesser
 * fault, an error was reported.
 */
export function checkExpression(
  expression: Expression,
  outer: Omit<Scope, 'context'>,
): Definition | undefined {
  const { object, doc } = expression;
  const { entries } = object;
  const metas = METAS.filter((meta) => entries.has(meta));
  const ancient = metas.length === 0 && entries.has('type');
  const [meta = ancientMeta(entries)] = metas;
  if (metas.length !== 1 && !(ancient && outer.dialect === '2012')) {
    const message = `expression must have exactly one key ${METAS.map((name) => `'${name}'`).join(', ')}`;
    const at = entries.get(ancient ? 'type' : (metas[1] ?? ''))?.key.span;
    const brace = { ...object.span, end: object.span.start + 1 };
    fail(outer, 'definition-kind', message, at ?? brace, { hint: ancient ? HINT_TYPE : undefined });
    return undefined;
  }
  const name = entries.get(ancient ? 'type' : meta)?.value;
  if (name?.kind !== 'string') {
    fail(outer, 'name-not-string', `'${meta}' requires a string name`, name?.span ?? object.span);
    return undefined;
  }
  const scope: Scope = { ...outer, context: { meta, name: name.value } };
  const errors = scope.reporter.errors;
  checkName(scope, definitionNameFault(scope, meta, name.value), name.span);
  checkDoc(scope, meta, name, entries, doc);
  const definition = readDefinition(scope, meta, name, ancient ? modernised(object, meta) : object, doc);
  return definition && { ...definition, flawed: scope.reporter.errors > errors };
}

/** What `type` defined in 2012: a struct, or if its name had no lower case an event. */
function ancientMeta(entries: ReadonlyMap<string, EntryNode>): Meta {
  const name = entries.get('type')?.value;
  return name?.kind === 'string' && /^[A-Z][A-Z0-9_]*$/.test(name.value) ? 'event' : 'struct';
}

/** A `type` of 2012 as a definition of today. */
function modernised(object: ObjectNode, meta: Meta): ObjectNode {
  return {
    ...object,
    entries: new Map([...object.entries].map(([key, entry]) => [key === 'type' ? meta : key, entry])),
  };
}

function definitionNameFault(scope: Scope, meta: Meta, name: string): NameFault {
  if (meta === 'event') return checkEventName(name, meta);
  if (meta !== 'command') return checkTypeName(name, meta);
  const old = scope.dialect === '2012';
  const underscore = old || scope.pragmas.exceptions['command-name-exceptions'].has(name);
  return checkLowerName(name, meta, { underscore, upper: old });
}

/** What of a definition's documentation can be checked without its members (qemu-ga §10.6). */
function checkDoc(
  scope: Scope,
  meta: Meta,
  name: StringNode,
  entries: ReadonlyMap<string, EntryNode>,
  doc: DocNode | undefined,
): void {
  if (scope.dialect === '2012') return;
  if (!doc) {
    if (scope.pragmas.docRequired) {
      const hint = `put a comment from '##' to '##' before it that begins with '# @${name.value}:'`;
      fail(scope, 'doc-required', 'documentation comment required', name.span, { hint });
    }
    return;
  }
  if (doc.symbol && doc.symbol.value !== name.value) {
    const message = `documentation comment is for '${doc.symbol.value}'`;
    fail(scope, 'doc-wrong-name', message, name.span, {
      hint: "name the definition in the comment's first line; 2012 did not look: check with --dialect 2012",
      related: [{ message: 'the comment', span: doc.symbol.span }],
    });
  }
  if (meta === 'command') {
    if (doc.returns && !entries.has('returns')) {
      const message = "'Returns' section, but command doesn't return anything";
      const report = doc.oldForm ? warn : fail;
      report(scope, 'doc-returns-nothing', message, doc.returns.span, { hint: HINT_SECTION });
    }
    return;
  }
  for (const section of [doc.returns, doc.errors]) {
    if (!section) continue;
    const message = `'${section.name}' section is only valid for commands`;
    fail(scope, 'doc-section-misplaced', message, section.span, { hint: HINT_SECTION });
  }
}

function readDefinition(
  scope: Scope,
  meta: Meta,
  name: StringNode,
  object: ObjectNode,
  doc: DocNode | undefined,
): Definition | undefined {
  const { entries } = object;
  const simple = meta === 'union' && !entries.has('base') && !entries.has('discriminator');
  const old = scope.dialect === '2012';
  const keys = simple && old ? SIMPLE_UNION_KEYS : KEYS[meta];
  const hint = simple ? HINT_SIMPLE_UNION : undefined;
  if (!checkKeys(scope, object, meta, keys, hint)) return undefined;
  const excepted = old || scope.pragmas.exceptions['member-name-exceptions'].has(name.value);
  const permission = { upper: excepted, underscore: excepted };
  const specific = READERS[meta](scope, entries, permission);
  const condition = readCondition(scope, entries, meta);
  const features = readFeatures(scope, entries);
  return (
    specific && {
      ...specific,
      name: name.value,
      features,
      span: object.span,
      nameSpan: name.span,
      context: { meta, name: name.value },
      flawed: false,
      ...(condition && { condition }),
      ...(doc && { doc }),
    }
  );
}

const SIMPLE_UNION_KEYS: Keys = { required: ['union', 'data'], optional: ['if', 'features'] };

const HINT_TYPE = "write 'struct' instead of 'type', or check with --dialect 2012";
const HINT_SIMPLE_UNION =
  "a union needs a 'base' with an enum member that selects the branch; those without are read with --dialect 2012";
const HINT_SECTION = 'remove the section; documentation of 2012 is read with --dialect 2012';
