/**
 * What is particular to each kind of definition (qemu-ga §10.4).
 */
import type { EnumValue } from '../model.js';
import type { EntryNode, ValueNode } from '../syntax/tree.js';
import { readCondition } from './conditions.js';
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
import {
  readBranches,
  readFeatures,
  readMembers,
  readNamedItem,
  readTypeName,
  readTypeOrList,
  readTypeOrMembers,
} from './members.js';
import { type CasePermission, checkLowerName, checkValueName } from './names.js';
import { checkName, fail, type Keys, type Scope } from './scope.js';

/** A kind of definition, as its key. */
export type Meta = Definition['kind'];

/** Keys of each kind. */
export const KEYS: Readonly<Record<Meta, Keys>> = {
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

type Entries = ReadonlyMap<string, EntryNode>;

/** What is particular to one kind of definition. */
type Specific<D extends Definition> = D extends Definition
  ? Omit<D, 'name' | 'features' | 'span' | 'nameSpan' | 'context' | 'flawed' | 'condition' | 'doc'>
  : never;

function readEnum(
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<EnumDefinition> | undefined {
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
}

function readEnumValue(scope: Scope, item: ValueNode, permission: CasePermission): EnumValue | undefined {
  const named = readNamedItem(scope, item, "'data' member", ['if', 'features']);
  if (!named) return undefined;
  const what = `'data' member '${named.name}'`;
  checkName(scope, checkValueName(named.name, what, permission), named.span);
  const condition = readCondition(scope, named.entries, what);
  const features = readFeatures(scope, named.entries);
  return { name: named.name, features, span: named.span, ...(condition && { condition }) };
}

function readStruct(
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<StructDefinition> | undefined {
  const data = entries.get('data')?.value;
  const members = data && readMembers(scope, data, "'data'", permission);
  const base = entries.get('base')?.value;
  const baseName = base && readTypeName(scope, base, "'base'");
  return members && { kind: 'struct', members: members.members, ...(baseName && { base: baseName }) };
}

function readUnion(
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<UnionDefinition> | undefined {
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
}

function readAlternate(
  scope: Scope,
  entries: Entries,
  permission: CasePermission,
): Specific<AlternateDefinition> | undefined {
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
}

function isEmpty(value: ValueNode): boolean {
  return (
    (value.kind === 'object' && value.entries.size === 0) ||
    (value.kind === 'list' && value.items.length === 0) ||
    (value.kind === 'string' && value.value === '') ||
    (value.kind === 'boolean' && !value.value)
  );
}

/** `data` of a command or event; `failed` if there is some, but none that can be used. */
function readPayload(
  scope: Scope,
  entries: Entries,
): { readonly data?: TypeReference | InlineMembers; readonly failed: boolean; readonly boxed: boolean } {
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
}

function readCommand(scope: Scope, entries: Entries): Specific<CommandDefinition> | undefined {
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
}

function readEvent(scope: Scope, entries: Entries): Specific<EventDefinition> | undefined {
  const { data, failed, boxed } = readPayload(scope, entries);
  return failed ? undefined : { kind: 'event', boxed, ...(data && { data }) };
}

/** In 2012 the value of a flag was the string `no`; of `gen` the presence alone counted. */
function checkFlag(scope: Scope, { key, value }: EntryNode, permitted: boolean): void {
  if (value.kind === 'boolean' && value.value === permitted) return;
  const ancient = !permitted && value.kind === 'string' && value.value === 'no';
  if (scope.dialect === '2012' && (ancient || key.value === 'gen')) return;
  const message = `flag '${key.value}' may only use ${permitted} value`;
  fail(scope, 'flag-value', message, value.span, { hint: ancient ? HINT_NO : undefined });
}

/**
 * Reads what is particular to a kind; undefined if too much is wrong. `permission` is for the names of members.
 */
export const READERS: {
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

const HINT_NO = "write false instead of 'no', or check with --dialect 2012";
