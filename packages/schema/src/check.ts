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
 * Checks the arguments of a command against its descriptor, in schema order, and gives them the types that
 * the descriptor promises (qemu-ga §1.6): strings of any length as `string`, members with the feature
 * `base64` as {@link Base64Data}, `any` as it came over the wire. Members that are not described are refused, but
 * for commands with `gen: false`, which take more than the schema says: there they stay, as they came.
 *
 * @throws {CommandError} with the reference's text about the first problem
 */
export function checkArguments<A>(command: CommandDescriptor<A>, args: WireObject): A {
  const surplus = command.gen === false ? 'keep' : 'refuse';
  const checked = checkObject(command.arguments ?? NOTHING, args, undefined, surplus);
  // The descriptor says that this is an `A`, and the check has just made sure.
  return checked as A;
}

/**
 * Checks what a guest returned, and gives it the type that the descriptor promises. Members that the contract
 * does not know are dropped: a newer guest may send them.
 *
 * @throws {WireError} `bad-reply`: guests are not trusted
 */
export function checkReply<A, R>(command: CommandDescriptor<A, R>, value: WireValue): R {
  const root: Path = { name: 'return' };
  try {
    if (command.returns === undefined) {
      checkObject(NOTHING, value, root, 'drop');
      // A command that returns nothing has `void` for `R`.
      return undefined as R;
    }
    return checkValue(command.returns, value, root, 'drop') as R;
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    throw new WireError(
      'bad-reply',
      `The guest's answer to ${command.name} is not as agreed: ${cause.desc}`,
      {
        cause,
      },
    );
  }
}

const NOTHING: StructDescriptor = { kind: 'struct', name: 'nothing', members: [] };

/** What is done about members that the descriptor does not know. */
type Surplus = 'refuse' | 'drop' | 'keep';

/** Where a value stands: in its container under a name or, without one, as the element of that index. */
interface Path {
  readonly in?: Path | undefined;
  readonly name?: string;
  readonly index?: number;
}

/** `vcpus[0].logical-id`, say. */
function fullName(path: Path): string {
  let name = '';
  for (let at: Path | undefined = path; at !== undefined; at = at.in) {
    const step = at.name ?? `[${at.index}]`;
    name = at.in !== undefined && at.name !== undefined ? `.${step}${name}` : `${step}${name}`;
  }
  return name;
}

/** Some errors of QEMU give only this. */
function lastName(path: Path): string {
  return path.name ?? 'null';
}

function wrongType(path: Path, expected: string): CommandError {
  return new CommandError(`Invalid parameter type for '${fullName(path)}', expected: ${expected}`);
}

/** Types nest as deep as messages do, so it takes no more calls per level than it must. */
function checkValue(declared: Descriptor, value: WireValue, path: Path, surplus: Surplus): unknown {
  const type = declared.kind === 'alternate' ? branchFor(declared, value, path) : declared;
  switch (type.kind) {
    case 'builtin':
      return checkBuiltin(type, value, path);
    case 'enum':
      return checkEnum(type, value, path);
    case 'list': {
      if (!Array.isArray(value)) throw wrongType(path, 'array');
      const element = type.element();
      return value.map((item: WireValue, index) => checkValue(element, item, { in: path, index }, surplus));
    }
    default:
      return checkObject(type, value, path, surplus);
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

/** Least, greatest, and the name that C has for the type. */
const INTEGERS: Readonly<Record<IntegerName, readonly [bigint, bigint, string]>> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n, 'int64'],
  int8: [-(2n ** 7n), 2n ** 7n - 1n, 'int8_t'],
  int16: [-(2n ** 15n), 2n ** 15n - 1n, 'int16_t'],
  int32: [-(2n ** 31n), 2n ** 31n - 1n, 'int32_t'],
  int64: [-(2n ** 63n), 2n ** 63n - 1n, 'int64'],
  uint8: [0n, 2n ** 8n - 1n, 'uint8_t'],
  uint16: [0n, 2n ** 16n - 1n, 'uint16_t'],
  uint32: [0n, 2n ** 32n - 1n, 'uint32_t'],
  uint64: [0n, 2n ** 64n - 1n, 'uint64'],
  size: [0n, 2n ** 64n - 1n, 'uint64'],
};

function isInteger(value: WireValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** An integer must first fit 64 bits, and then its type; the two have different errors. */
function checkInteger(name: IntegerName, value: WireValue, path: Path): number | bigint {
  const [least, greatest, nameInC] = INTEGERS[name];
  let integer = value;
  if (least < 0n) {
    if (!isInteger(integer) || integer > INTEGERS.int64[1]) throw wrongType(path, 'integer');
  } else {
    if (!isInteger(integer)) throw new CommandError(`Parameter '${fullName(path)}' expects uint64`);
    // QEMU takes a negative number for the unsigned one with the same bits.
    if (integer < 0) integer = exact(BigInt.asUintN(64, BigInt(integer)));
  }
  if (integer < least || integer > greatest) {
    throw new CommandError(`Parameter '${lastName(path)}' expects ${nameInC}`);
  }
  return integer;
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function checkEnum(type: EnumDescriptor, value: WireValue, path: Path): string {
  if (!isText(value)) throw wrongType(path, 'string');
  const text = value.toString();
  if (!type.values.includes(text)) {
    throw new CommandError(`Parameter '${lastName(path)}' does not accept value '${text}'`);
  }
  return text;
}

/** The branch whose values are of the JSON type of this one; alternates do not nest. */
function branchFor(
  alternate: AlternateDescriptor,
  value: WireValue,
  path: Path,
): Exclude<Descriptor, AlternateDescriptor> {
  const kind = jsonKind(value);
  for (const branch of alternate.branches) {
    const type = branch.type();
    if (type.kind !== 'alternate' && jsonKindOf(type) === kind) return type;
  }
  throw new CommandError(`Invalid parameter type for '${lastName(path)}', expected: ${alternate.name}`);
}

type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

function jsonKind(value: WireValue): JsonKind {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (isText(value)) return 'string';
  if (isInteger(value) || value instanceof Double) return 'number';
  return value instanceof WireObject ? 'object' : 'array';
}

/** The JSON type of all values of a type, by which an alternate chooses. */
function jsonKindOf(type: Descriptor): JsonKind {
  switch (type.kind) {
    case 'builtin':
      if (type.name === 'str') return 'string';
      if (type.name === 'bool') return 'boolean';
      return type.name === 'null' ? 'null' : 'number';
    case 'enum':
      return 'string';
    case 'list':
      return 'array';
    default:
      return 'object';
  }
}

/** @param path `undefined` for the arguments themselves, which have no name */
function checkObject(
  type: StructDescriptor | UnionDescriptor,
  value: WireValue,
  path: Path | undefined,
  surplus: Surplus,
): object {
  if (!(value instanceof WireObject)) throw wrongType(path ?? { name: '<anonymous>' }, 'object');
  const checked: Record<string, unknown> = {};
  checkMembers(type, value, path, surplus, checked);
  if (surplus === 'refuse' && Object.keys(checked).length < value.size)
    refuseUnexpected(value, checked, path);
  if (surplus === 'keep') keepSurplus(value, checked);
  return checked;
}

/** Names the first unexpected member in the order of arrival; qemu-ga names the one that its hash table has first. */
function refuseUnexpected(given: WireObject, checked: object, path: Path | undefined): void {
  for (const name of given.keys()) {
    if (!Object.hasOwn(checked, name)) {
      throw new CommandError(`Parameter '${fullName({ in: path, name })}' is unexpected`);
    }
  }
}

/** The names come from outside: a plain assignment of `__proto__` would do something else. */
function keepSurplus(given: WireObject, checked: Record<string, unknown>): void {
  for (const [name, value] of given) {
    if (Object.hasOwn(checked, name)) continue;
    Object.defineProperty(checked, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

function checkMembers(
  type: StructDescriptor | UnionDescriptor,
  value: WireObject,
  path: Path | undefined,
  surplus: Surplus,
  checked: Record<string, unknown>,
): void {
  for (const member of type.members) {
    const found = value.get(member.name);
    const at: Path = { in: path, name: member.name };
    if (found !== undefined) {
      checked[member.name] = isData(member)
        ? checkData(found, at)
        : checkValue(member.type(), found, at, surplus);
    } else if (member.optional !== true) {
      throw new CommandError(`Parameter '${fullName(at)}' is missing`);
    }
  }
  if (type.kind === 'union') {
    // The discriminator is one of the common members, and of an enum: it is there, and a string.
    const selected = checked[type.discriminator] as string;
    const branch = Object.hasOwn(type.branches, selected) ? type.branches[selected] : undefined;
    if (branch !== undefined) checkMembers(branch(), value, path, surplus, checked);
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
