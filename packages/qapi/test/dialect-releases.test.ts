/** The forms of schemas of QEMU 1.1 to 8.2, in miniature. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Condition, compileSchema } from '../src/index.js';
import { detectDialect } from '../src/load/detect-dialect.js';
import { createSource } from '../src/source.js';
import { parseCCondition } from '../src/validate/c-condition.js';
import { compileFiles, compileText, lines, messagesOf } from './support.js';

const named = (name: string): Condition => ({ kind: 'defined', name });

describe('parseCCondition', () => {
  const cases: readonly (readonly [string, Condition | undefined])[] = [
    ['defined(A)', named('A')],
    ['defined A', named('A')],
    [' A ', named('A')],
    ['!defined(A)', { kind: 'not', operand: named('A') }],
    [
      'defined(A) && defined(B) || !(C)',
      {
        kind: 'any',
        operands: [
          { kind: 'all', operands: [named('A'), named('B')] },
          { kind: 'not', operand: named('C') },
        ],
      },
    ],
    ['', undefined],
    ['defined()', undefined],
    ['defined(A', undefined],
    ['A B', undefined],
    ['A &&', undefined],
    ['A > 1', undefined],
    ['(A))', undefined],
    [`${'('.repeat(200)}A${')'.repeat(200)}`, undefined],
    ['!'.repeat(100_000), undefined],
  ];
  for (const [text, condition] of cases) {
    test(`returns ${condition ? JSON.stringify(condition) : 'undefined'} for ${text.slice(0, 40)}`, () => {
      assert.deepEqual(parseCCondition(text), condition);
    });
  }
});

describe('a schema of QEMU 2.9 to 6.1', () => {
  const formerPragmas = lines(
    "{ 'pragma': { 'returns-whitelist': [ 'get-number' ], 'name-case-whitelist': [ 'Upper' ] } }",
    "{ 'command': 'get-number', 'returns': 'int' }",
    "{ 'struct': 'Upper', 'data': { 'Member': 'int' } }",
  );
  const cConditions = lines(
    "{ 'command': 'a', 'if': 'defined(A)' }",
    "{ 'command': 'b', 'if': [ 'defined(A)', 'defined(B)' ] }",
    "{ 'command': 'c', 'if': '!defined(A) && (defined(B) || defined(C))' }",
  );
  const simpleUnion = lines(
    "{ 'pragma': { 'returns-whitelist': [] } }",
    "{ 'union': 'Address', 'data': { 'inet': 'Inet' } }",
    "{ 'struct': 'Inet', 'data': {} }",
  );

  for (const [what, text] of Object.entries({
    FORMER_PRAGMAS: formerPragmas,
    C_CONDITIONS: cConditions,
    SIMPLE_UNION: simpleUnion,
  })) {
    test(`compiles with --dialect 2.9 and auto, not with modern: ${what}`, () => {
      assert.deepEqual(messagesOf(compileText(text, { dialect: '2.9' })), []);
      const found = compileText(text, { dialect: 'auto' });
      assert.deepEqual([messagesOf(found), found.dialect], [[], '2.9']);
      assert.equal(compileText(text).schema, undefined);
    });
  }

  test('has the conditions of C in the model', () => {
    const { schema } = compileText(cConditions, { dialect: '2.9' });
    assert.deepEqual(
      schema?.entities.map(({ condition }) => condition),
      [
        named('A'),
        { kind: 'all', operands: [named('A'), named('B')] },
        {
          kind: 'all',
          operands: [
            { kind: 'not', operand: named('A') },
            { kind: 'any', operands: [named('B'), named('C')] },
          ],
        },
      ],
    );
  });

  test('keeps its errors of other kinds', () => {
    const text = `${cConditions}{ 'command': 'd', 'data': 'Missing' }\n`;
    const { diagnostics, dialect } = compileText(text, { dialect: 'auto' });
    assert.equal(dialect, 'modern');
    assert.ok(diagnostics.some(({ code }) => code === 'unknown-type'));
    assert.deepEqual(messagesOf(compileText(text, { dialect: '2.9' })), [
      "4:27: command's 'data' uses unknown type 'Missing'",
    ]);
  });
});

test('compileSchema finds the dialect by itself, as the program does', () => {
  const readFile = () => Buffer.from("{ 'pragma': { 'returns-whitelist': [] } }");
  const { schema, dialect } = compileSchema('main.json', { readFile });
  assert.deepEqual([schema !== undefined, dialect], [true, '2.9']);
});

describe('the hint for a condition in C shows the modern form', () => {
  const forms =
    "a condition is a name of capitals, digits and '_', or { 'all': [ … ] }, { 'any': [ … ] }, { 'not': … }";
  const cases: readonly (readonly [condition: string, hint: string])[] = [
    ["'defined(A_B)'", "write 'A_B'"],
    ["'!defined(A_B)'", "write { 'not': 'A_B' }"],
    ["[ 'defined(A)', 'B' ]", "write { 'all': [ 'A', 'B' ] }"],
    ["[ 'defined(A)' ]", "write 'A'"],
    ["'defined(A) && (B || !C)'", "write { 'all': [ 'A', { 'any': [ 'B', { 'not': 'C' } ] } ] }"],
    ["'A > 1'", forms],
    ["'small'", forms],
    ['true', forms],
    ['[]', forms],
  ];
  for (const [condition, hint] of cases) {
    test(condition, () => {
      const { diagnostics } = compileText(`{ 'command': 'a', 'if': ${condition} }`);
      assert.deepEqual([diagnostics[0]?.code, diagnostics[0]?.hint], ['condition-invalid', hint]);
    });
  }

  test('also with auto, for a single condition', () => {
    const { diagnostics, dialect } = compileText("{ 'command': 'a', 'if': 'defined(A)' }", {
      dialect: 'auto',
    });
    assert.deepEqual([diagnostics[0]?.hint, dialect], ["write 'A'", 'modern']);
  });
});

test('documentation from before QEMU 9.1 in one file makes newer rules warnings in all files', () => {
  const other = lines(
    '##',
    '# = Heading',
    '#',
    '# == Second',
    '##',
    '##',
    '# @second:',
    '#',
    '# @a : about a',
    '#      and more',
    '#   and less',
    '# == Third',
    '##',
    "{ 'command': 'second', 'data': { 'a': 'int', 'b': 'int' } }",
  );
  const old = lines('##', '# @first:', '#', '# Note: old', '##', "{ 'command': 'first' }");
  const including = (...files: string[]) => files.map((file) => `{ 'include': '${file}' }\n`).join('');
  const main = including('other.json', 'old.json');
  assert.deepEqual(messagesOf(compileFiles({ 'main.json': main, 'other.json': other, 'old.json': old })), []);
  const alone = compileFiles({ 'main.json': including('other.json'), 'other.json': other });
  assert.notDeepEqual(messagesOf(alone), []);
});

describe('a schema of QEMU 1.1 to 2.5', () => {
  const text = lines(
    "{ 'command': 'read-property', 'data': { 'path': 'str' }, 'returns': 'visitor', 'gen': 'no' }",
    "{ 'command': 'make-object', 'data': { 'kind': 'str', '*props': 'dict' }, 'gen': 'no' }",
    "{ 'enum': 'Point', 'data': [ 'table_grow.alloc', '4k.write' ] }",
    "{ 'type': 'Definition', 'data': { 'a': 'int' } }",
    "{ 'union': 'Reference', 'discriminator': {}, 'data': { 'definition': 'Definition', 'name': 'str' } }",
    "{ 'type': 'Base', 'data': { 'driver': 'str' } }",
    "{ 'union': 'Options', 'base': 'Base', 'discriminator': 'driver', 'data': { 'file': 'Definition' } }",
  );
  const result = compileText(text, { dialect: 'auto' });

  test('compiles, and its dialect is found', () => {
    assert.deepEqual([messagesOf(result), result.dialect], [[], '2012']);
  });

  test('has values without a description as any, anonymous unions as alternates', () => {
    const entity = (name: string) => result.schema?.entities.find((each) => each.name === name);
    const command = entity('read-property');
    assert.deepEqual(command?.kind === 'command' && command.returns, { kind: 'builtin', name: 'any' });
    const reference = entity('Reference');
    assert.equal(reference?.kind, 'alternate');
    assert.deepEqual(
      reference.branches.map(({ name }) => name),
      ['definition', 'name'],
    );
  });

  test('has the branches of a union with a string as the values of its discriminator', () => {
    const union = result.schema?.entities.find(({ name }) => name === 'Options');
    assert.equal(union?.kind, 'union');
    const { type } = union.discriminator;
    assert.deepEqual(type.kind === 'enum' && type.values.map(({ name }) => name), ['file']);
  });

  test("is refused by today's dialect", () => {
    assert.equal(compileText(text).schema, undefined);
  });
});

describe('detectDialect', () => {
  const cases: readonly (readonly [string, string])[] = [
    ["{ 'type': 'Aa', 'data': {} }", 'modern'],
    ["{ 'command': 'a', 'if': 'defined(A)' }", 'modern'],
    ["{ 'command': 'a', 'if': { 'all': [ 'A', 'B' ] } }", 'modern'],
    ["{ 'command': 'a', 'if': 'defined(A)||B' }", '2.9'],
    ["##\n# @a:\n# Note: x\n##\n{ 'command': 'a', 'if': 'defined(A)' }", '2.9'],
    ['# @a: #optional the a', '2012'],
  ];
  for (const [text, dialect] of cases) {
    test(`returns ${dialect} for ${JSON.stringify(text)}`, () => {
      assert.equal(detectDialect([createSource('a.json', text)]), dialect);
    });
  }
});
