import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type AlternateDescriptor,
  Base64Data,
  builtin,
  type CommandDescriptor,
  CommandError,
  checkArguments,
  checkReply,
  type Descriptor,
  Double,
  type EnumDescriptor,
  LongText,
  type MemberDescriptor,
  type StructDescriptor,
  type UnionDescriptor,
  WireError,
  WireObject,
  type WireValue,
} from '@guestwire/schema';
import { commands } from '../src/contract.js';
import { readAll } from './support/conversation.js';

function command(members: readonly MemberDescriptor[]): CommandDescriptor<unknown> {
  return {
    kind: 'command',
    name: 'test',
    arguments: { kind: 'struct', name: 'test', members },
    successResponse: true,
  };
}

function member(name: string, type: Descriptor, more: Partial<MemberDescriptor> = {}): MemberDescriptor {
  return {
    name,
    type: () => type,
    ...more,
  };
}

function list(element: Descriptor): Descriptor {
  return { kind: 'list', element: () => element };
}

function parse(json: string): WireObject {
  const [found] = readAll([Buffer.from(json)]);
  assert(found?.kind === 'value' && found.value instanceof WireObject);
  return found.value;
}

function accept(type: Descriptor, json: string): unknown {
  const args = checkArguments(command([member('x', type)]), parse(`{"x":${json}}`));
  return new Map<string, unknown>(Object.entries(args as object)).get('x');
}

function refuse(type: Descriptor, json: string, desc: string): void {
  assert.throws(
    () => accept(type, json),
    (error) => {
      assert(error instanceof CommandError);
      assert.equal(error.desc, desc);
      assert.equal(error.class, 'GenericError');
      return true;
    },
  );
}

const color: EnumDescriptor = { kind: 'enum', name: 'Color', values: ['red', 'green', 'constructor'] };
const point: StructDescriptor = {
  kind: 'struct',
  name: 'Point',
  members: [member('a', builtin.int), member('b', builtin.bool, { optional: true })],
};
const shape: UnionDescriptor = {
  kind: 'union',
  name: 'Shape',
  members: [member('type', color), member('size', builtin.int)],
  discriminator: 'type',
  branches: { red: () => ({ kind: 'struct', name: 'Red', members: [member('depth', builtin.uint8)] }) },
};
function alternate(...branches: Descriptor[]): AlternateDescriptor {
  return {
    kind: 'alternate',
    name: 'Either',
    branches: branches.map((type, i) => ({ name: `b${i}`, type: () => type })),
  };
}
const everything = alternate(builtin.bool, builtin.int, color, point, list(builtin.int), builtin.null);

describe('checkArguments returns the types of the descriptor', () => {
  const rows: readonly [string, Descriptor, string, unknown][] = [
    ['an int', builtin.int, '-5', -5],
    ['a great int', builtin.int, '9223372036854775807', 2n ** 63n - 1n],
    ['a great uint64', builtin.uint64, '18446744073709551615', 2n ** 64n - 1n],
    ['a negative uint64, which wraps', builtin.uint64, '-1', 2n ** 64n - 1n],
    ['the least int64 as a size, which wraps', builtin.size, '-9223372036854775808', 2n ** 63n],
    ['int8', builtin.int8, '-128', -128],
    ['uint16', builtin.uint16, '65535', 65535],
    ['uint32', builtin.uint32, '4294967295', 4294967295],
    ['a number with a fraction', builtin.number, '1.5', 1.5],
    ['a number without', builtin.number, '3', 3],
    ['a great number', builtin.number, '18446744073709551615', 2 ** 64],
    ['a bool', builtin.bool, 'false', false],
    ['a null', builtin.null, 'null', null],
    ['text', builtin.str, '"é"', 'é'],
    ['an enum', color, '"green"', 'green'],
    ['a list', list(builtin.int), '[1,2]', [1, 2]],
    ['a struct without its optional member', point, '{"a":1}', { a: 1 }],
    ['a union with a branch', shape, '{"depth":3,"size":2,"type":"red"}', { type: 'red', size: 2, depth: 3 }],
    ['a union without', shape, '{"type":"green","size":2}', { type: 'green', size: 2 }],
    [
      'a union whose tag names a property of all objects',
      shape,
      '{"type":"constructor","size":2}',
      { type: 'constructor', size: 2 },
    ],
    ['an alternate: bool', everything, 'true', true],
    ['an alternate: int', everything, '7', 7],
    ['an alternate: enum', everything, '"red"', 'red'],
    ['an alternate: struct', everything, '{"a":1}', { a: 1 }],
    ['an alternate: list', everything, '[1]', [1]],
    ['an alternate: null', everything, 'null', null],
  ];
  for (const [what, type, json, value] of rows) {
    test(what, () => assert.deepEqual(accept(type, json), value));
  }

  test('any is the wire value', () => {
    assert.deepEqual(accept(builtin.any, '[1.0,"a",null]'), [new Double(1), 'a', null]);
    assert(accept(builtin.any, '{"a":1}') instanceof WireObject);
  });

  test('long text becomes a string, base64 stays encoded', () => {
    const long = 'QUJD'.repeat(10_000);
    assert.equal(accept(builtin.str, `"${long}"`), long);
    const data = command([member('x', builtin.str, { features: ['base64'] })]);
    const args = parse(`{"x":"${long}"}`);
    assert(args.get('x') instanceof LongText);
    const checked = checkArguments(data, args) as { readonly x: unknown };
    assert(checked.x instanceof Base64Data);
    assert.equal(checked.x.source, args.get('x'));
    assert.equal(checked.x.decode().toString(), 'ABC'.repeat(10_000));
  });
});

describe('checkArguments reports the errors of QEMU', () => {
  const rows: readonly [string, Descriptor, string, string][] = [
    ['text for an int', builtin.int, '"1"', "Invalid parameter type for 'x', expected: integer"],
    ['a fraction for an int', builtin.int, '1.0', "Invalid parameter type for 'x', expected: integer"],
    [
      'an int beyond int64',
      builtin.int,
      '9223372036854775808',
      "Invalid parameter type for 'x', expected: integer",
    ],
    ['a fraction for a uint64', builtin.uint64, '1.5', "Parameter 'x' expects uint64"],
    ['beyond uint64', builtin.size, '18446744073709551616', "Parameter 'x' expects uint64"],
    ['beyond int8', builtin.int8, '128', "Parameter 'x' expects int8_t"],
    ['below int16', builtin.int16, '-32769', "Parameter 'x' expects int16_t"],
    ['beyond int32', builtin.int32, '2147483648', "Parameter 'x' expects int32_t"],
    [
      'beyond int64 for an int32',
      builtin.int32,
      '9223372036854775808',
      "Invalid parameter type for 'x', expected: integer",
    ],
    ['text for an int32', builtin.int32, '"1"', "Invalid parameter type for 'x', expected: integer"],
    ['beyond uint8', builtin.uint8, '256', "Parameter 'x' expects uint8_t"],
    ['negative for a uint16', builtin.uint16, '-1', "Parameter 'x' expects uint16_t"],
    ['text for a uint32', builtin.uint32, '"1"', "Parameter 'x' expects uint64"],
    ['an int for a bool', builtin.bool, '1', "Invalid parameter type for 'x', expected: boolean"],
    ['an int for text', builtin.str, '1', "Invalid parameter type for 'x', expected: string"],
    ['text for a number', builtin.number, '"1"', "Invalid parameter type for 'x', expected: number"],
    ['an int for null', builtin.null, '0', "Invalid parameter type for 'x', expected: null"],
    ['an int for an enum', color, '1', "Invalid parameter type for 'x', expected: string"],
    ['an unknown value', color, '"blue"', "Parameter 'x' does not accept value 'blue'"],
    ['an object for a list', list(builtin.int), '{}', "Invalid parameter type for 'x', expected: array"],
    ['a list for a struct', point, '[]', "Invalid parameter type for 'x', expected: object"],
    ['an element', list(builtin.int), '[1,"2"]', "Invalid parameter type for 'x[1]', expected: integer"],
    [
      'an element in a struct',
      list(point),
      '[{"a":1},{"a":"1"}]',
      "Invalid parameter type for 'x[1].a', expected: integer",
    ],
    ['a missing member', list(point), '[{}]', "Parameter 'x[0].a' is missing"],
    ['a surplus member', list(point), '[{"a":1,"zz":1}]', "Parameter 'x[0].zz' is unexpected"],
    [
      'an enum within a struct: only its own name',
      list(color),
      '["red","blue"]',
      "Parameter 'null' does not accept value 'blue'",
    ],
    [
      'a small integer as an element: no name',
      list(builtin.uint8),
      '[256]',
      "Parameter 'null' expects uint8_t",
    ],
    [
      'an alternate as an element: no name',
      list(alternate(builtin.int)),
      '[""]',
      "Invalid parameter type for 'null', expected: Either",
    ],
    [
      'an enum as an element, of the wrong type',
      list(color),
      '[1]',
      "Invalid parameter type for 'x[0]', expected: string",
    ],
    ['a union without its tag', shape, '{"size":1}', "Parameter 'x.type' is missing"],
    [
      'a union with an unknown tag',
      shape,
      '{"type":"blue","size":1}',
      "Parameter 'type' does not accept value 'blue'",
    ],
    [
      'a union without a member of its branch',
      shape,
      '{"type":"red","size":1}',
      "Parameter 'x.depth' is missing",
    ],
    [
      'a union with a member of another branch',
      shape,
      '{"type":"green","size":1,"depth":1}',
      "Parameter 'x.depth' is unexpected",
    ],
    [
      'an alternate: a fraction where an int would fit',
      everything,
      '1.5',
      "Invalid parameter type for 'x', expected: integer",
    ],
    [
      'an alternate: an unknown value of its enum',
      everything,
      '"blue"',
      "Parameter 'x' does not accept value 'blue'",
    ],
    [
      'an alternate: a surplus member of its struct',
      everything,
      '{"a":1,"c":1}',
      "Parameter 'x.c' is unexpected",
    ],
    [
      'an alternate that has no such branch',
      alternate(builtin.bool),
      '1',
      "Invalid parameter type for 'x', expected: Either",
    ],
  ];
  for (const [what, type, json, desc] of rows) test(what, () => refuse(type, json, desc));

  test('for the discriminator of a union of arguments', () => {
    const boxed: CommandDescriptor<unknown> = {
      kind: 'command',
      name: 'boxed',
      arguments: shape,
      successResponse: true,
    };
    assert.throws(() => checkArguments(boxed, parse('{}')), { message: "Parameter 'type' is missing" });
  });

  test('for deeply nested values', () => {
    const tree: StructDescriptor = {
      kind: 'struct',
      name: 'Tree',
      members: [
        member(
          't',
          { kind: 'alternate', name: 'Trees', branches: [{ name: 'tree', type: () => tree }] },
          { optional: true },
        ),
      ],
    };
    const depth = 1000;
    const json = (leaf: string): string => `${'{"t":'.repeat(depth)}${leaf}${'}'.repeat(depth)}`;
    assert.doesNotThrow(() => accept(tree, json('{}')));
    refuse(tree, json('{"u":1}'), `Parameter 'x${'.t'.repeat(depth)}.u' is unexpected`);
  });
});

describe('checkArguments with several unexpected arguments', () => {
  for (const names of [['a', 'b'], ['b', 'a'], Array.from({ length: 40 }, (_, i) => `name-${i}`)]) {
    test(`names the first of ${names.length} in the order of arrival: ${names[0]}`, () => {
      const args = WireObject.of(['known', ...names].map((name) => [name, 1] as const));
      assert.throws(
        () => checkArguments(command([member('known', builtin.int)]), args),
        (error) => error instanceof CommandError && error.desc === `Parameter '${names[0]}' is unexpected`,
      );
    });
  }
});

describe('checkArguments for a command with gen: false', () => {
  const deviceAdd = { ...command([member('driver', builtin.str)]), gen: false } as const;

  test('keeps undescribed members as wire values', () => {
    const given = parse('{"bus":"pci.0","driver":"nic","n":[1,{"constructor":null}],"constructor":1}');
    const args = checkArguments(deviceAdd, given);
    assert.deepEqual(args, {
      bus: 'pci.0',
      driver: 'nic',
      n: [1, WireObject.of([['constructor', null]])],
      constructor: 1,
    });
  });

  test('keeps them without a description of any member', () => {
    const { arguments: _, ...bare } = deviceAdd;
    assert.deepEqual(checkArguments(bare, parse('{"a":1}')), { a: 1 });
  });

  test('still checks described members', () => {
    const refused = (json: string): void => {
      assert.throws(() => checkArguments(deviceAdd, parse(json)), CommandError);
    };
    refused('{"bus":"pci.0"}');
    refused('{"driver":1}');
  });

  test('keeps a member named __proto__ as a member', () => {
    const args = checkArguments(deviceAdd, parse('{"driver":"nic","__proto__":{"a":1}}'));
    assert.equal(Object.getPrototypeOf(args), Object.prototype);
    assert.deepEqual(Object.keys(args as object), ['driver', '__proto__']);
  });
});

describe('checkArguments with member names of Object.prototype', () => {
  const kinds: EnumDescriptor = { kind: 'enum', name: 'Kind', values: ['constructor', 'toString'] };
  const union: UnionDescriptor = {
    kind: 'union',
    name: 'Union',
    members: [member('kind', kinds)],
    discriminator: 'kind',
    branches: {},
  };

  test('selects no branch of a union', () => {
    assert.deepEqual(accept(union, '{"kind":"constructor"}'), { kind: 'constructor' });
    refuse(union, '{"kind":"toString","length":1}', "Parameter 'x.length' is unexpected");
  });

  test('treats them as ordinary members', () => {
    const type: StructDescriptor = {
      kind: 'struct',
      name: 'S',
      members: [member('constructor', builtin.int)],
    };
    refuse(type, '{}', "Parameter 'x.constructor' is missing");
    refuse(type, '{"constructor":1,"toString":1}', "Parameter 'x.toString' is unexpected");
  });
});

describe('checkReply', () => {
  const read = commands['guest-file-read'];
  const reply = (json: string): WireValue => parse(json);

  test('returns the types of the descriptor', () => {
    const result = checkReply(read, reply('{"count":2,"buf-b64":"aGk=","eof":true}'));
    assert.equal(result['buf-b64'].decode().toString(), 'hi');
    assert.equal(result.count, 2);
    assert.equal(result.eof, true);
  });

  test('drops members that a newer guest sends', () => {
    const result = checkReply(read, reply('{"count":0,"buf-b64":"","eof":true,"new":1}'));
    assert.deepEqual(Object.keys(result), ['count', 'buf-b64', 'eof']);
  });

  test('returns values that are not objects', () => assert.equal(checkReply(commands['guest-sync'], 5), 5));

  test('returns undefined for a command without a return value', () => {
    assert.equal(checkReply(commands['guest-ping'], WireObject.empty), undefined);
    assert.equal(checkReply(commands['guest-ping'], reply('{"new":1}')), undefined);
  });

  const bad: readonly [string, CommandDescriptor, WireValue, string][] = [
    ['of another type', read, 5, "Invalid parameter type for 'return', expected: object"],
    [
      'with a member of another type',
      read,
      parse('{"count":"2"}'),
      "Invalid parameter type for 'return.count', expected: integer",
    ],
    ['without a member', read, parse('{"count":2,"eof":false}'), "Parameter 'return.buf-b64' is missing"],
    [
      'that should be nothing',
      commands['guest-ping'],
      [],
      "Invalid parameter type for 'return', expected: object",
    ],
  ];
  for (const [what, asked, value, desc] of bad) {
    test(`${what} are refused`, () => {
      assert.throws(
        () => checkReply(asked, value),
        (error) =>
          error instanceof WireError &&
          error.code === 'bad-reply' &&
          error.message === `invalid reply to ${asked.name}: ${desc}`,
      );
    });
  }
});
