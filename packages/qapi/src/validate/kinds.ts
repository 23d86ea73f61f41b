/** The keys and checks of each kind of definition (qemu-ga §10.4). */
import type { EnumValue } from '../model.js';
import type { EntryNode, ValueNode } from '../syntax/tree.js';
import { readCondition } from './conditions.js';
import type { CommonDefinition, Definition, InlineMembers, TypeReference } from './definitions.js';
import {
  readBranches,
  readFeatures,
  readMembers,
  readNamedItem,
  readTypeName,
  readTypeOrList,
  readTypeOrMembers,
} from './members.js';
import { checkLowerName, checkValueName } from './names.js';
import { checkName, type Entries, fail, type Keys, type Scope } from './scope.js';

/** The kind of a definition, which is also its key. */
export type Meta = Definition['kind'];

const COMMAND_FLAGS = ['boxed', 'gen', 'success-response', 'allow-oob', 'allow-preconfig', 'coroutine'];

export const KEYS: Readonly<Record<Meta, Keys>> = {
  enum: { required: ['enum', 'data'], optional: ['prefix', 'if', 'features'] },
  struct: { required: ['struct', 'data'], optional: ['base', 'if', 'features'] },
  union: { required: ['union', 'base', 'discriminator', 'data'], optional: ['if', 'features'] },
  alternate: { required: ['alternate', 'data'], optional: ['if', 'features'] },
  command: { required: ['command'], optional: ['data', 'returns', ...COMMAND_FLAGS, 'if', 'features'] },
  event: { required: ['event'], optional: ['data', 'boxed', 'if', 'features'] },
};

/** The parts that only one kind of definition has. */
type Specific<M extends Meta> = Omit<Extract<Definition, { readonly kind: M }>, keyof CommonDefinition>;

/** Reads the parts that only one kind has. Returns undefined, after a report, if a required part has an error. */
export const READERS: { readonly [M in Meta]: (scope: Scope, entries: Entries) => Specific<M> | undefined } =
  {
    enum: readEnum,
    struct: readStruct,
    union: readUnion,
    alternate: readAlternate,
    command: readCommand,
    event: readEvent,
  };

function readEnum(scope: Scope, entries: Entries): Specific<'enum'> | undefined {
  const prefix = entries.get('prefix')?.value;
  if (prefix && prefix.kind !== 'string') {
    fail(scope, 'prefix-not-string', "'prefix' must be a string", prefix.span);
  }
  const data = entries.get('data')?.value;
  if (data?.kind === 'list') {
    return { kind: 'enum', values: data.items.flatMap((item) => readEnumValue(scope, item) ?? []) };
  }
  return data && fail(scope, 'data-invalid', "'data' must be an array", data.span);
}

function readEnumValue(scope: Scope, item: ValueNode): EnumValue | undefined {
  const named = readNamedItem(scope, item, "'data' member", ['if', 'features']);
  if (!named) return undefined;
  const { name, span, entries } = named;
  const what = `'data' member '${name}'`;
  checkName(scope, checkValueName(name, what, scope.memberCase), span);
  const condition = readCondition(scope, entries, what);
  return { name, features: readFeatures(scope, entries), span, ...condition };
}

function readStruct(scope: Scope, entries: Entries): Specific<'struct'> | undefined {
  const data = entries.get('data')?.value;
  const members = data && readMembers(scope, data, "'data'");
  const base = entries.get('base')?.value;
  const baseName = base && readTypeName(scope, base, "'base'");
  return members && { kind: 'struct', members: members.members, ...(baseName && { base: baseName }) };
}

function readUnion(scope: Scope, entries: Entries): Specific<'union'> | undefined {
  const base = entries.get('base')?.value;
  const discriminator = entries.get('discriminator')?.value;
  const data = entries.get('data')?.value;
  const common = base && readTypeOrMembers(scope, base, "'base'");
  if (discriminator && discriminator.kind !== 'string') {
    fail(scope, 'name-not-string', "'discriminator' requires a string name", discriminator.span);
  }
  if (data?.kind !== 'object') {
    return data && fail(scope, 'data-invalid', "'data' must be an object", data.span);
  }
  if (!base) return { kind: 'union', branches: readBranches(scope, data, readTypeOrList) };
  const branches = readBranches(scope, data, readTypeName);
  if (!common || discriminator?.kind !== 'string') return undefined;
  const flat = { base: common, discriminator: { name: discriminator.value, span: discriminator.span } };
  return { kind: 'union', flat, branches };
}

function readAlternate(scope: Scope, entries: Entries): Specific<'alternate'> | undefined {
  const data = entries.get('data')?.value;
  if (!data) return undefined;
  if (isEmpty(data)) return fail(scope, 'data-empty', "'data' must not be empty", data.span);
  if (data.kind !== 'object') return fail(scope, 'data-invalid', "'data' must be an object", data.span);
  const permission = scope.dialect === '2012' ? scope.memberCase : undefined;
  for (const { key } of data.entries.values()) {
    checkName(scope, checkLowerName(key.value, `'data' member '${key.value}'`, permission), key.span);
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

/** `data` of a command or event. */
interface Payload {
  readonly data?: TypeReference | InlineMembers;
  readonly boxed: boolean;
}

/** Returns undefined, after a report, if `data` has an error. */
function readPayload(scope: Scope, entries: Entries): Payload | undefined {
  const flag = entries.get('boxed');
  const boxed = flag?.value.kind === 'boolean' && flag.value.value;
  if (flag) checkFlag(scope, flag, true);
  const value = entries.get('data')?.value;
  if (!value) {
    if (flag && boxed) fail(scope, 'boxed-without-data', "'boxed': true requires 'data'", flag.key.span);
    return { boxed };
  }
  const data = boxed ? readTypeName(scope, value, "'data'") : readTypeOrMembers(scope, value, "'data'");
  return data && { data, boxed };
}

function readCommand(scope: Scope, entries: Entries): Specific<'command'> | undefined {
  const payload = readPayload(scope, entries);
  const value = entries.get('returns')?.value;
  const returns = value && readTypeOrList(scope, value, "'returns'");
  const flag = (name: string, permitted: boolean): boolean => {
    const entry = entries.get(name);
    if (entry) checkFlag(scope, entry, permitted);
    return entry !== undefined;
  };
  const flags = {
    gen: !flag('gen', false),
    successResponse: !flag('success-response', false),
    allowOob: flag('allow-oob', true),
    allowPreconfig: flag('allow-preconfig', true),
    coroutine: flag('coroutine', true),
  };
  const coroutine = entries.get('coroutine');
  if (flags.allowOob && coroutine) {
    const message = "flags 'allow-oob' and 'coroutine' are incompatible";
    fail(scope, 'flags-incompatible', message, coroutine.key.span);
  }
  if (!payload || (value && !returns)) return undefined;
  return { kind: 'command', ...payload, flags, ...(returns && { returns }) };
}

function readEvent(scope: Scope, entries: Entries): Specific<'event'> | undefined {
  const payload = readPayload(scope, entries);
  return payload && { kind: 'event', ...payload };
}

/** In 2012 the value of a flag was the string `no`, and the value of `gen` was ignored. */
function checkFlag(scope: Scope, { key, value }: EntryNode, permitted: boolean): void {
  if (value.kind === 'boolean' && value.value === permitted) return;
  const legacy = !permitted && value.kind === 'string' && value.value === 'no';
  if (scope.dialect === '2012' && (legacy || key.value === 'gen')) return;
  const message = `flag '${key.value}' may only use ${permitted} value`;
  fail(scope, 'flag-value', message, value.span, { hint: legacy ? HINT_NO : undefined });
}

const HINT_NO = "write false instead of 'no'";
