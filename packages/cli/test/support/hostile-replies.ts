import { commands } from '@guestwire/protocol/contract';
import type { Descriptor, IntegerName, MemberDescriptor } from '@guestwire/schema';
import type { Answers } from './fake-agent.js';

/** Escape sequences that move the cursor or set a title, C1, DEL, bidirectional controls, separators, tags, line ends. */
export const HOSTILE_TEXT =
  'a\u001b[2J\u001b]0;x\u0007\u0000\u0008\r\n\u007f\u0085\u009b31m\u061c\u200b\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\ufeff\u{e0041}z';

/** Returns whether a text has a character that controls a terminal, beside tabs and line ends. */
export function controlsTerminal(text: string): boolean {
  return /[^\P{Cc}\n\t\r]|\r(?!\n)|[\p{Cf}\u2028\u2029]/u.test(text);
}

/** Chooses one of a number of possibilities, from 0 on. */
export type Choose = (count: number) => number;

const BITS: Readonly<Record<Exclude<IntegerName, 'int' | 'size'>, readonly [bits: number, signed: boolean]>> =
  {
    int8: [8, true],
    int16: [16, true],
    int32: [32, true],
    int64: [64, true],
    uint8: [8, false],
    uint16: [16, false],
    uint32: [32, false],
    uint64: [64, false],
  };

/** Returns the JSON of an integer at the end of its range, or of a small one. */
function integer(name: IntegerName, choose: Choose): string {
  const [bits, signed] = BITS[name === 'int' ? 'int64' : name === 'size' ? 'uint64' : name];
  const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const values = [0n, 1n, 7n, max, signed ? -max - 1n : max - 1n];
  return String(values[choose(values.length)]);
}

function members(list: readonly MemberDescriptor[], choose: Choose): string[] {
  return list
    .filter(({ optional }) => optional !== true || choose(4) > 0)
    .map(({ name, type, features }) => {
      const value = features?.includes('base64')
        ? JSON.stringify(Buffer.from(HOSTILE_TEXT).toString('base64'))
        : hostileJson(type(), choose);
      return `${JSON.stringify(name)}: ${value}`;
    });
}

/** Returns the JSON of a value that has the type, with texts that control a terminal and numbers at the ends of their ranges. */
function hostileJson(type: Descriptor, choose: Choose): string {
  switch (type.kind) {
    case 'builtin':
      if (type.name === 'str') return JSON.stringify(HOSTILE_TEXT);
      if (type.name === 'bool') return choose(4) > 0 ? 'true' : 'false';
      if (type.name === 'number') return ['0', '-0.5', '1e300', '-1e300'][choose(4)] ?? '0';
      if (type.name === 'null') return 'null';
      return type.name === 'any'
        ? JSON.stringify({ [HOSTILE_TEXT]: HOSTILE_TEXT })
        : integer(type.name, choose);
    case 'list':
      return `[${Array.from({ length: choose(4) }, () => hostileJson(type.element(), choose)).join(', ')}]`;
    case 'enum':
      return JSON.stringify(type.values[choose(type.values.length)]);
    case 'struct':
      return `{${members(type.members, choose).join(', ')}}`;
    case 'union': {
      const names = Object.keys(type.branches);
      const name = names[choose(names.length)] ?? '';
      const common = type.members.filter((member) => member.name !== type.discriminator);
      const branch = type.branches[name]?.();
      const more = branch === undefined || branch.kind !== 'struct' ? [] : members(branch.members, choose);
      const chosen = `${JSON.stringify(type.discriminator)}: ${JSON.stringify(name)}`;
      return `{${[chosen, ...members(common, choose), ...more].join(', ')}}`;
    }
    case 'alternate': {
      const branch = type.branches[choose(type.branches.length)];
      return branch === undefined ? 'null' : hostileJson(branch.type(), choose);
    }
  }
}

const OTHER_VALUES = [
  'null',
  '{}',
  '[]',
  '-1',
  '1e999',
  '""',
  '{"x": [[[{}]]]}',
  JSON.stringify(HOSTILE_TEXT),
];

/** The manner in which a guest is hostile. */
export type Manner = 'valid values' | 'other types' | 'errors';

/** Returns the replies of a hostile guest to all commands. */
export function hostileAnswers(manner: Manner, choose: Choose): Answers {
  const reply = (returns: Descriptor | undefined): string => {
    if (manner === 'errors') {
      return JSON.stringify({ error: { class: HOSTILE_TEXT, desc: HOSTILE_TEXT } });
    }
    const isOther = manner === 'other types' && choose(2) > 0;
    const value = isOther
      ? OTHER_VALUES[choose(OTHER_VALUES.length)]
      : returns && hostileJson(returns, choose);
    return `{"return": ${value ?? '{}'}}`;
  };
  return Object.fromEntries(
    Object.entries(commands).map(([name, { returns }]: [string, { readonly returns?: Descriptor }]) => [
      name,
      () => reply(returns),
    ]),
  );
}
