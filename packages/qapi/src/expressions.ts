/**
 * The first stage of checks: the shape of each expression on its own (reference 10.4, 10.5).
 */
import type {
  AlternateDefinition,
  CommandDefinition,
  Definition,
  EnumDefinition,
  EventDefinition,
  InlineMembers,
  StructDefinition,
  TypeReference,
  UnionDefinition,
} from './definitions.js';
import type { Expression } from './loader.js';
import type { EnumValue } from './model.js';
import {
  type CasePermission,
  checkEventName,
  checkLowerName,
  checkTypeName,
  checkValueName,
  type NameFault,
} from './names.js';
import {
  checkKeys,
  checkName,
  fail,
  type Keys,
  readBranches,
  readCondition,
  readFeatures,
  readMembers,
  readNamedItem,
  readTypeName,
  readTypeOrList,
  readTypeOrMembers,
  type Scope,
  warn,
} from './shape-checks.js';
import type { DocNode, EntryNode, ObjectNode, StringNode, ValueNode } from './syntax.js';

type Meta = Definition['kind'];

const KEYS: Readonly<Record<Meta, Keys>> = {
  enum: { required: ['enum', 'data'], optional: ['prefix', 'if', 'features'] },
  struct: { required: ['struct', 'data'], optional: ['base', 'if', 'features'] },
  union: { required: ['union', 'base', 'discriminator', 'data'], optional: ['if', 'features'] },
  alternate: { required: ['alternate', 'data'], optional: ['if', 'features'] },
  command: {
    required: ['command'],
    optional: [
      'data',
      'returns',
      'boxed',
      'gen',
      'success-response',
      'allow-oob',
      'allow-preconfig',
      'coroutine',
      'if',
      'features',
    ],
  },
  event: { required: ['event'], optional: ['data', 'boxed', 'if', 'features'] },
};

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
export const nameOf = (entries: ReadonlyMap<string, EntryNode>): Named | undefined => {
  const metas = METAS.filter((meta) => entries.has(meta));
  const [meta] = metas;
  if (metas.length > 1) return undefined;
  const entry = meta ? entries.get(meta) : entries.get('type');
  return entry?.value.kind === 'string' ? { meta: meta ?? 'struct', name: entry.value } : undefined;
};

/**
 * Checks one expression. Undefined if it is no definition at all, or lacks what one needs; then, and for every lesser
 * fault, an error was reported.
 */
export const checkExpression = (
  expression: Expression,
  outer: Omit<Scope, 'context'>,
): Definition | undefined => {
  const { object, doc } = expression;
  const { entries } = object;
  const metas = METAS.filter((meta) => entries.has(meta));
  const ancient = metas.length === 0 && entries.has('type');
  const [meta = 'struct'] = metas;
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
  const definition = readDefinition(scope, meta, name, ancient ? modernised(object) : object, doc);
  return definition && { ...definition, flawed: scope.reporter.errors > errors };
};

/** A struct of 2012 as one of today. */
const modernised = (object: ObjectNode): ObjectNode => ({
  ...object,
  entries: new Map([...object.entries].map(([key, entry]) => [key === 'type' ? 'struct' : key, entry])),
});

const definitionNameFault = (scope: Scope, meta: Meta, name: string): NameFault => {
  if (meta === 'event') return checkEventName(name, meta);
  if (meta !== 'command') return checkTypeName(name, meta);
  const old = scope.dialect === '2012';
  const underscore = old || scope.pragmas.exceptions['command-name-exceptions'].has(name);
  return checkLowerName(name, meta, { underscore, upper: old });
};

/** What of a definition's documentation can be checked without its members (reference 10.6). */
const checkDoc = (
  scope: Scope,
  meta: Meta,
  name: StringNode,
  entries: ReadonlyMap<string, EntryNode>,
  doc: DocNode | undefined,
): void => {
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
      report(scope, 'doc-returns-nothing', message, doc.returns.span);
    }
    return;
  }
  for (const section of [doc.returns, doc.errors]) {
    if (!section) continue;
    const message = `'${section.name}' section is only valid for commands`;
    fail(scope, 'doc-section-misplaced', message, section.span);
  }
};

const readDefinition = (
  scope: Scope,
  meta: Meta,
  name: StringNode,
  object: ObjectNode,
  doc: DocNode | undefined,
): Definition | undefined => {
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
};

type Entries = ReadonlyMap<string, EntryNode>;

/** What is particular to one kind of definition. */
type Specific<D extends Definition> = D extends Definition
  ? Omit<D, 'name' | 'features' | 'span' | 'nameSpan' | 'context' | 'flawed' | 'condition' | 'doc'>
  : never;

const readEnum = (
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<EnumDefinition> | undefined => {
  const prefix = entries.get('prefix')?.value;
  if (prefix && prefix.kind !== 'string') {
    fail(scope, 'prefix-not-string', "'prefix' must be a string", prefix.span);
  }
  const data = entries.get('data')?.value;
  if (data?.kind !== 'list') {
    if (data) fail(scope, 'data-invalid', "'data' must be an array", data.span);
    return undefined;
  }
  return { kind: 'enum', values: data.items.flatMap((item) => readEnumValue(scope, item, permission) ?? []) };
};

const readEnumValue = (scope: Scope, item: ValueNode, permission: CasePermission): EnumValue | undefined => {
  const named = readNamedItem(scope, item, "'data' member", ['if', 'features']);
  if (!named) return undefined;
  const what = `'data' member '${named.name}'`;
  checkName(scope, checkValueName(named.name, what, permission), named.span);
  const condition = readCondition(scope, named.entries, what);
  const features = readFeatures(scope, named.entries);
  return { name: named.name, features, span: named.span, ...(condition && { condition }) };
};

const readStruct = (
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<StructDefinition> | undefined => {
  const data = entries.get('data')?.value;
  const members = data && readMembers(scope, data, "'data'", permission);
  const base = entries.get('base')?.value;
  const baseName = base && readTypeName(scope, base, "'base'");
  return members && { kind: 'struct', members: members.members, ...(baseName && { base: baseName }) };
};

const readUnion = (
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<UnionDefinition> | undefined => {
  const base = entries.get('base')?.value;
  const discriminator = entries.get('discriminator')?.value;
  const data = entries.get('data')?.value;
  const common = base && readTypeOrMembers(scope, base, "'base'", permission);
  if (discriminator && discriminator.kind !== 'string') {
    fail(scope, 'name-not-string', "'discriminator' requires a string name", discriminator.span);
  }
  if (data?.kind !== 'object') {
    if (data) fail(scope, 'data-invalid', "'data' must be an object", data.span);
    return undefined;
  }
  if (!base) return { kind: 'union', branches: readBranches(scope, data, readTypeOrList) };
  const branches = readBranches(scope, data, readTypeName);
  if (!common || discriminator?.kind !== 'string') return undefined;
  const flat = { base: common, discriminator: { name: discriminator.value, span: discriminator.span } };
  return { kind: 'union', flat, branches };
};

const readAlternate = (
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<AlternateDefinition> | undefined => {
  const data = entries.get('data')?.value;
  if (!data) return undefined;
  if (isEmpty(data)) {
    fail(scope, 'data-empty', "'data' must not be empty", data.span);
    return undefined;
  }
  if (data.kind !== 'object') {
    fail(scope, 'data-invalid', "'data' must be an object", data.span);
    return undefined;
  }
  for (const { key } of data.entries.values()) {
    checkName(
      scope,
      checkLowerName(key.value, `'data' member '${key.value}'`, scope.dialect === '2012' ? permission : {}),
      key.span,
    );
  }
  return { kind: 'alternate', branches: readBranches(scope, data, readTypeOrList) };
};

const isEmpty = (value: ValueNode): boolean =>
  (value.kind === 'object' && value.entries.size === 0) ||
  (value.kind === 'list' && value.items.length === 0) ||
  (value.kind === 'string' && value.value === '') ||
  (value.kind === 'boolean' && !value.value);

/** `data` of a command or event; `failed` if there is some, but none that can be used. */
const readPayload = (
  scope: Scope,
  entries: Entries,
): { readonly data?: TypeReference | InlineMembers; readonly failed: boolean; readonly boxed: boolean } => {
  const flag = entries.get('boxed');
  const boxed = flag?.value.kind === 'boolean' && flag.value.value;
  if (flag) checkFlag(scope, flag, true);
  const value = entries.get('data')?.value;
  if (!value) {
    if (flag && boxed) fail(scope, 'boxed-without-data', "'boxed': true requires 'data'", flag.key.span);
    return { failed: false, boxed };
  }
  const old = scope.dialect === '2012';
  const data = boxed
    ? readTypeName(scope, value, "'data'")
    : readTypeOrMembers(scope, value, "'data'", { upper: old, underscore: old });
  return data ? { data, failed: false, boxed } : { failed: true, boxed };
};

const readCommand = (scope: Scope, entries: Entries): Specific<CommandDefinition> | undefined => {
  const { data, failed, boxed } = readPayload(scope, entries);
  const value = entries.get('returns')?.value;
  const returns = value && readTypeOrList(scope, value, "'returns'");
  const flag = (name: string, permitted: boolean): boolean => {
    const entry = entries.get(name);
    if (entry) checkFlag(scope, entry, permitted);
    return entry !== undefined;
  };
  const command = {
    kind: 'command',
    boxed,
    gen: !flag('gen', false),
    successResponse: !flag('success-response', false),
    allowOob: flag('allow-oob', true),
    allowPreconfig: flag('allow-preconfig', true),
    coroutine: flag('coroutine', true),
    ...(data && { data }),
    ...(returns && { returns }),
  } as const;
  const coroutine = entries.get('coroutine');
  if (command.allowOob && coroutine) {
    const message = "flags 'allow-oob' and 'coroutine' are incompatible";
    fail(scope, 'flags-incompatible', message, coroutine.key.span);
  }
  return failed || (value && !returns) ? undefined : command;
};

const readEvent = (scope: Scope, entries: Entries): Specific<EventDefinition> | undefined => {
  const { data, failed, boxed } = readPayload(scope, entries);
  return failed ? undefined : { kind: 'event', boxed, ...(data && { data }) };
};

/** In 2012 the presence of a flag counted, with the string `no` as its value. */
const checkFlag = (scope: Scope, { key, value }: EntryNode, permitted: boolean): void => {
  if (value.kind === 'boolean' && value.value === permitted) return;
  const ancient = !permitted && value.kind === 'string' && value.value === 'no';
  if (ancient && scope.dialect === '2012') return;
  const message = `flag '${key.value}' may only use ${permitted} value`;
  fail(scope, 'flag-value', message, value.span, { hint: ancient ? HINT_NO : undefined });
};

const READERS: {
  readonly [M in Meta]: (
    scope: Scope,
    entries: Entries,
    permission: CasePermission,
  ) => Specific<Definition> | undefined;
} = {
  enum: readEnum,
  struct: readStruct,
  union: readUnion,
  alternate: readAlternate,
  command: readCommand,
  event: readEvent,
};

const SIMPLE_UNION_KEYS: Keys = { required: ['union', 'data'], optional: ['if', 'features'] };

const HINT_TYPE = "write 'struct' instead of 'type', or check with --dialect 2012";
const HINT_NO = "write false instead of 'no', or check with --dialect 2012";
const HINT_SIMPLE_UNION =
  "a union needs a 'base' with an enum member that selects the branch; those without are read with --dialect 2012";
