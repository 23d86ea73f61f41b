import type { Random } from '@guestwire/fuzz';
import { commands, REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import type {
  CommandDescriptor,
  CommandTable,
  Descriptor,
  MemberDescriptor,
  StructDescriptor,
  UnionDescriptor,
} from '@guestwire/schema';
import { type JsonValue, spell } from './dialect.js';

const table: CommandTable = commands;

/** Stands for an agent's folder in requests and replies. */
export const SCRATCH = '$dir';

/**
 * Commands that both agents refuse, since they change the machine, or end qemu-ga in a root without `/proc`
 * (`guest-network-get-route`). The transcripts of `test/compat` compare them.
 */
export const BLOCKED: readonly string[] = REGISTRATION_ORDER.filter((name) =>
  /^guest-(shutdown|suspend-|fsfreeze-(freeze|thaw)|fstrim|set-|ssh-(add|remove)-|network-get-route)/.test(
    name,
  ),
);

const PATHS = [
  `${SCRATCH}/a`,
  `${SCRATCH}/b`,
  `${SCRATCH}/folder`,
  `${SCRATCH}/no/such`,
  SCRATCH,
  '/dev/null',
  '',
];
const PROGRAMS = ['/bin/true', '/bin/false', '/bin/echo', '/no/such', 'true', ''];
const TEXTS = ['', 'a', 'text', 'é', '😀', 'a\nb', '\u0001', 'quote\'"\\', 'x'.repeat(300), '/'];
const INTEGERS = [
  '0',
  '1',
  '2',
  '-1',
  '5',
  '100',
  '4096',
  '1000',
  '1001',
  '2147483648',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '18446744073709551615',
  '50331649',
];
const BASE64 = ['', 'aGVsbG8=', 'aGk', 'QUJD', '====', 'a-b_', 'aGk=\n', 'AAECAwQFBgcICQ=='];
const MODES = ['r', 'w', 'a', 'r+', 'w+', 'a+', 'rb', 'wb', 'rb+', 'x', '', 'rw'];

/** With these, qemu-ga closes its descriptor 0 and loses later output (docs/compatibility.md, "Processes"). */
const UNSAFE_VALUES: readonly string[] = ['stdout', 'stderr'];

/** Values for members whose name says what they are. */
const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  path: PATHS,
  mode: MODES,
  username: ['root', 'nobody', 'no-such-user', ''],
  whence: ['set', 'cur', 'end'],
};

/** Generates requests for the commands of the contract. Handles are near `base`, so that some of them are open. */
export class RequestGenerator {
  readonly #random: Random;
  /** The handle before the next one. */
  base = 999;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns a request in the dialect of QEMU's JSON: mostly valid. */
  next(): string {
    const random = this.#random;
    const name = random.oneIn(3) ? random.pick(FILE_COMMANDS) : random.pick(REGISTRATION_ORDER);
    const command = table[name];
    const members: [string, JsonValue][] = [['execute', name]];
    if (command?.arguments !== undefined || random.oneIn(10)) {
      members.push(['arguments', command === undefined ? { members: [] } : this.#arguments(command)]);
    }
    if (random.oneIn(3)) members.push(['id', this.#anything(2)]);
    if (random.oneIn(30)) members.push([random.pick(['x', 'control', 'id', 'execute']), this.#anything(1)]);
    if (random.oneIn(8)) members.reverse();
    return spell({ members }, random);
  }

  #arguments(command: CommandDescriptor): JsonValue {
    const { arguments: type, name } = command;
    const value = type === undefined ? { members: [] } : this.#object(type, name);
    if (this.#random.oneIn(12))
      value.members.push([this.#random.pick(['x', 'path', 'handle', 'é']), this.#anything(1)]);
    return value;
  }

  #object(type: StructDescriptor | UnionDescriptor, owner: string): { members: [string, JsonValue][] } {
    const random = this.#random;
    const members = type.members.flatMap((member): [string, JsonValue][] => {
      const isAbsent = member.optional === true ? random.oneIn(2) : random.oneIn(25);
      if (isAbsent) return [];
      const name = random.oneIn(60) ? `${member.name}x` : member.name;
      return [[name, random.oneIn(25) ? this.#anything(2) : this.#member(member, owner)]];
    });
    return { members };
  }

  #member({ name, type, features }: MemberDescriptor, owner: string): JsonValue {
    const random = this.#random;
    if (name === 'handle') return { number: String(this.base + random.between(-1, 12)) };
    if (features?.includes('base64') === true) return random.pick(BASE64);
    if (name === 'path' && owner === 'guest-exec') return random.pick(PROGRAMS);
    const known = BY_NAME[name];
    if (known !== undefined && !random.oneIn(20)) return random.pick(known);
    return this.#value(type());
  }

  #value(type: Descriptor): JsonValue {
    const random = this.#random;
    switch (type.kind) {
      case 'builtin':
        if (type.name === 'str') return random.pick(TEXTS);
        if (type.name === 'bool') return random.oneIn(2);
        if (type.name === 'null') return null;
        return type.name === 'any' ? this.#anything(2) : { number: random.pick(INTEGERS) };
      case 'enum': {
        const values = type.values.filter((value) => !UNSAFE_VALUES.includes(value));
        return random.oneIn(8) ? random.pick(TEXTS) : random.pick(values);
      }
      case 'list': {
        const element = type.element();
        return Array.from({ length: random.below(3) }, () => this.#value(element));
      }
      case 'alternate':
        return this.#value(random.pick(type.branches).type());
      default:
        return this.#object(type, type.name);
    }
  }

  #anything(depth: number): JsonValue {
    const random = this.#random;
    switch (random.below(depth > 0 ? 8 : 6)) {
      case 0:
        return null;
      case 1:
        return random.oneIn(2);
      case 2:
      case 3:
        return {
          number: random.pick([
            ...INTEGERS,
            '1.5',
            '-0.0',
            '1e300',
            '1e400',
            '0.1',
            '-0',
            '123456789012345678901234567890',
          ]),
        };
      case 4:
      case 5:
        return random.pick(TEXTS);
      case 6:
        return Array.from({ length: random.below(4) }, () => this.#anything(depth - 1));
      default:
        return {
          members: Array.from({ length: random.below(12) }, (): [string, JsonValue] => [
            random.pick(['a', 'b', 'id', 'execute', 'é', '']) + random.below(20),
            this.#anything(depth - 1),
          ]),
        };
    }
  }
}

const FILE_COMMANDS = REGISTRATION_ORDER.filter((name) => name.startsWith('guest-file-'));
