import { Base64Data } from './base64.js';
import type {
  AlternateDescriptor,
  BuiltinDescriptor,
  CommandDescriptor,
  Descriptor,
  EnumDescriptor,
  IntegerName,
  MemberDescriptor,
  StructDescriptor,
  UnionDescriptor,
} from './descriptor.js';
import { CommandError, WireError } from './errors.js';
import { Double, isText, WireObject, type WireValue } from './values.js';

/**
 * Checks the arguments of a command in schema order, and returns them with the types that the descriptor promises (qemu-ga §1.6):
 * strings of any length as `string`, members with the feature `base64` as {@link Base64Data}, `any` as it arrived. Unexpected members
 * are an error, except for commands with `gen: false`, which keep them.
 *
 * @throws {CommandError} for the first problem, with the text of `qemu-ga`
 */
export function checkArguments<A>(command: CommandDescriptor<A>, args: WireObject): A {
  const unexpected = command.gen === false ? 'keep' : 'refuse';
  // The descriptor carries the type `A`, and the check has established it.
  return checkObject(command.arguments ?? NO_MEMBERS, args, undefined, unexpected) as A;
}

/**
 * Checks the return value of a command, and returns it with the type that the descriptor promises. Drops unexpected members, which a
 * newer guest may send.
 *
 * @throws {WireError} `bad-reply`: guests are not trusted
 */
export function checkReply<A, R>(command: CommandDescriptor<A, R>, value: WireValue): R {
  const root: Path = { name: 'return' };
  try {
    if (command.returns !== undefined) return checkValue(command.returns, value, root, 'drop') as R;
    checkObject(NO_MEMBERS, value, root, 'drop');
    // A command that returns nothing has `void` for `R`.
    return undefined as R;
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    throw new WireError('bad-reply', `invalid reply to ${command.name}: ${cause.desc}`, { cause });
  }
}

const NO_MEMBERS: StructDescriptor = { kind: 'struct', name: 'nothing', members: [] };

/** The treatment of unexpected members. */
type Unexpected = 'refuse' | 'drop' | 'keep';

/** The place of a value: in its container, under a name or else at an index. */
interface Path {
  readonly in?: Path | undefined;
  readonly name?: string;
  readonly index?: number;
}

/** For example `vcpus[0].logical-id`. */
function fullName(path: Path): string {
  let name = '';
  for (let at: Path | undefined = path; at !== undefined; at = at.in) {
    const step = at.name ?? `[${at.index}]`;
    name = at.in !== undefined && at.name !== undefined ? `.${step}${name}` : `${step}${name}`;
  }
  return name;
}

/** Some errors of QEMU give only this part of the path. */
function lastName(path: Path): string {
  return path.name ?? 'null';
}

function wrongType(path: Path, expected: string): CommandError {
  return new CommandError(`Invalid parameter type for '${fullName(path)}', expected: ${expected}`);
}

/** Few calls for each level, since values nest as deep as messages do. */
function checkValue(declared: Descriptor, value: WireValue, path: Path, unexpected: Unexpected): unknown {
  const type = declared.kind === 'alternate' ? branchFor(declared, value, path) : declared;
  switch (type.kind) {
    case 'builtin':
      return checkBuiltin(type, value, path);
    case 'enum':
      return checkEnum(type, value, path);
    case 'list': {
      if (!Array.isArray(value)) throw wrongType(path, 'array');
      const element = type.element();
      return value.map((item: WireValue, index) =>
        checkValue(element, item, { in: path, index }, unexpected),
      );
    }
    default:
      return checkObject(type, value, path, unexpected);
  }
}

function checkBuiltin(type: BuiltinDescriptor, value: WireValue, path: Path): unknown {
  switch (type.name) {
    case 'str':
      if (!isText(value)) throw wrongType(path, 'string');
      return value.toString();
    case 'bool':
      if (typeof value !== 'boolean') throw wrongType(path, 'boolean');
      return value;
    case 'null':
      if (value !== null) throw wrongType(path, 'null');
      return value;
    case 'number':
      if (value instanceof Double) return value.value;
      if (!isInteger(value)) throw wrongType(path, 'number');
      return Number(value);
    case 'any':
      return value;
    default:
      return checkInteger(type.name, value, path);
  }
}

type IntegerRange = readonly [least: bigint, greatest: bigint, nameInC: string];

const INT64: IntegerRange = [-(2n ** 63n), 2n ** 63n - 1n, 'int64'];
const UINT64: IntegerRange = [0n, 2n ** 64n - 1n, 'uint64'];

const INTEGERS: Readonly<Record<IntegerName, IntegerRange>> = {
  int: INT64,
  int8: [-(2n ** 7n), 2n ** 7n - 1n, 'int8_t'],
  int16: [-(2n ** 15n), 2n ** 15n - 1n, 'int16_t'],
  int32: [-(2n ** 31n), 2n ** 31n - 1n, 'int32_t'],
  int64: INT64,
  uint8: [0n, 2n ** 8n - 1n, 'uint8_t'],
  uint16: [0n, 2n ** 16n - 1n, 'uint16_t'],
  uint32: [0n, 2n ** 32n - 1n, 'uint32_t'],
  uint64: UINT64,
  size: UINT64,
};

function isInteger(value: WireValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Checks first that the integer fits 64 bits, then that it fits its type; the errors differ. */
function checkInteger(name: IntegerName, value: WireValue, path: Path): number | bigint {
  const [least, greatest, nameInC] = INTEGERS[name];
  let integer = value;
  if (least < 0n) {
    if (!isInteger(integer) || integer > INT64[1]) throw wrongType(path, 'integer');
  } else {
    if (!isInteger(integer)) throw new CommandError(`Parameter '${fullName(path)}' expects uint64`);
    // QEMU reads a negative number as the unsigned one with the same bits.
    if (integer < 0) {
      const bits = BigInt.asUintN(64, BigInt(integer));
      integer = Number.isSafeInteger(Number(bits)) ? Number(bits) : bits;
    }
  }
  if (integer < least || integer > greatest) {
    throw new CommandError(`Parameter '${lastName(path)}' expects ${nameInC}`);
  }
  return integer;
}

function checkEnum(type: EnumDescriptor, value: WireValue, path: Path): string {
  if (!isText(value)) throw wrongType(path, 'string');
  const text = value.toString();
  if (!type.values.includes(text)) {
    throw new CommandError(`Parameter '${lastName(path)}' does not accept value '${text}'`);
  }
  return text;
}

/** Returns the branch that has the JSON type of the value; alternates do not nest. */
function branchFor(
  alternate: AlternateDescriptor,
  value: WireValue,
  path: Path,
): Exclude<Descriptor, AlternateDescriptor> {
  for (const branch of alternate.branches) {
    const type = branch.type();
    if (type.kind !== 'alternate' && hasJsonType(value, type)) return type;
  }
  throw new CommandError(`Invalid parameter type for '${lastName(path)}', expected: ${alternate.name}`);
}

/** Returns true if the value has the JSON type of all values of the type. */
function hasJsonType(value: WireValue, type: Descriptor): boolean {
  switch (type.kind) {
    case 'builtin':
      if (type.name === 'str') return isText(value);
      if (type.name === 'bool') return typeof value === 'boolean';
      if (type.name === 'null') return value === null;
      return isInteger(value) || value instanceof Double;
    case 'enum':
      return isText(value);
    case 'list':
      return Array.isArray(value);
    default:
      return value instanceof WireObject;
  }
}

/** @param path `undefined` for the arguments themselves, which have no name */
function checkObject(
  type: StructDescriptor | UnionDescriptor,
  value: WireValue,
  path: Path | undefined,
  unexpected: Unexpected,
): object {
  if (!(value instanceof WireObject)) throw wrongType(path ?? { name: '<anonymous>' }, 'object');
  const checked: Record<string, unknown> = {};
  checkMembers(type, value, path, unexpected, checked);
  if (unexpected === 'drop' || Object.keys(checked).length === value.size) return checked;
  const more = [...value].filter(([name]) => !Object.hasOwn(checked, name));
  // Several of them: qemu-ga names the one that comes first in its hash table.
  if (unexpected === 'refuse' && more[0] !== undefined) {
    throw new CommandError(`Parameter '${fullName({ in: path, name: more[0][0] })}' is unexpected`);
  }
  // An assignment to `__proto__` would change the prototype; this adds a member.
  return { ...checked, ...Object.fromEntries(more) };
}

function checkMembers(
  type: StructDescriptor | UnionDescriptor,
  value: WireObject,
  path: Path | undefined,
  unexpected: Unexpected,
  checked: Record<string, unknown>,
): void {
  for (const member of type.members) {
    const found = value.get(member.name);
    const at: Path = { in: path, name: member.name };
    if (found !== undefined) {
      checked[member.name] = isData(member)
        ? checkData(found, at)
        : checkValue(member.type(), found, at, unexpected);
    } else if (member.optional !== true) {
      throw new CommandError(`Parameter '${fullName(at)}' is missing`);
    }
  }
  if (type.kind === 'union') {
    // The discriminator is a common member of an enum type, so it is a string here.
    const selected = checked[type.discriminator] as string;
    const branch = Object.hasOwn(type.branches, selected) ? type.branches[selected] : undefined;
    if (branch !== undefined) checkMembers(branch(), value, path, unexpected, checked);
  }
}

function isData(member: MemberDescriptor): boolean {
  if (member.features?.includes('base64') !== true) return false;
  const type = member.type();
  return type.kind === 'builtin' && type.name === 'str';
}

function checkData(value: WireValue, path: Path): Base64Data {
  if (!isText(value)) throw wrongType(path, 'string');
  return Base64Data.fromText(value);
}
