/** The dialect of 2012 (qemu-ga §11): accepted with its option, rejected with a hint of the modern form without it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Command, Entity, Schema } from '../src/index.js';
import { compileText, lines, messagesOf, schemaOf, testErrors } from './support.js';

const GUEST_2012 = readFileSync(new URL('../../test/schema/guest-2012.json', import.meta.url), 'utf8');

function find<K extends Entity['kind']>(
  { entities }: Schema,
  kind: K,
  name: string,
): Extract<Entity, { kind: K }> {
  const isIt = (entity: Entity): entity is Extract<Entity, { kind: K }> =>
    entity.kind === kind && entity.name === name;
  const entity = entities.find(isIt);
  assert.ok(entity, `${kind} ${name}`);
  return entity;
}

describe('schema of 2012', () => {
  const schema = schemaOf(GUEST_2012, { dialect: '2012' });

  test('has its fifteen commands, in order', () => {
    const commands = schema.entities.filter((entity) => entity.kind === 'command');
    assert.deepEqual(
      commands.map(({ name }) => name),
      [
        'guest-sync-delimited',
        'guest-sync',
        'guest-ping',
        'guest-info',
        'guest-shutdown',
        'guest-file-open',
        'guest-file-close',
        'guest-file-read',
        'guest-file-write',
        'guest-file-seek',
        'guest-file-flush',
        'guest-fsfreeze-status',
        'guest-fsfreeze-freeze',
        'guest-fsfreeze-thaw',
        'guest-suspend-disk',
      ],
    );
  });

  test('includes the member after a missing comma', () => {
    const sync: Command = find(schema, 'command', 'guest-sync');
    assert.equal(sync.arguments?.kind, 'members');
    assert.deepEqual(
      sync.arguments.members.map(({ name }) => name),
      ['id'],
    );
    assert.deepEqual(sync.returns, { kind: 'builtin', name: 'int' });
  });

  test("reads 'no' as false", () => {
    assert.equal(find(schema, 'command', 'guest-shutdown').successResponse, false);
    assert.equal(find(schema, 'command', 'guest-ping').successResponse, true);
  });

  test('reads documentation without a name, closed by an additional number sign', () => {
    const { doc } = find(schema, 'command', 'guest-sync-delimited');
    assert.match(doc?.text ?? '', /^Hands back a number/);
    assert.deepEqual(
      doc?.members.map(({ name }) => name),
      ['id'],
    );
    assert.equal(doc?.since, '1.1');
  });

  test('reads a name and a release without colons', () => {
    const { doc } = find(schema, 'struct', 'GuestAgentInfo');
    assert.equal(doc?.text, 'What is known of the agent.');
    assert.equal(doc?.since, '0.15.0');
  });

  test('removes the tag #optional, and keeps lines without an indentation', () => {
    const { doc } = find(schema, 'command', 'guest-file-open');
    assert.deepEqual(
      doc?.members.map(({ name, text }) => [name, text]),
      [
        ['filepath', 'where it is, from the root'],
        ['mode', 'how to open it, in the manner of fopen();\nto read, unless given'],
      ],
    );
  });

  test('accepts documentation with a different name than the definition', () => {
    const { doc, values } = find(schema, 'enum', 'GuestFsfreezeStatus');
    assert.equal(doc?.text, 'How the filesystems are.');
    assert.deepEqual(
      values.map(({ name }) => name),
      ['thawed', 'frozen', 'error'],
    );
  });

  test('is rejected without --dialect 2012, with the modern form in each hint', () => {
    const { schema: refused, diagnostics } = compileText(GUEST_2012);
    assert.equal(refused, undefined);
    const places = messagesOf({ schema: refused, diagnostics });
    assert.ok(places.includes("15:3: expected ',' or '}'"));
    assert.ok(places.includes("31:3: expected ',' or '}'"));
    assert.ok(places.includes('161:44: expected string'));
    const ofThatTime = [
      'doc-unterminated',
      'doc-free-form-entry',
      'doc-name-line',
      'doc-wrong-name',
      'doc-entry-unknown',
      'doc-optional',
      'expected-comma-or-brace',
      'expected-string',
      'definition-kind',
      'flag-value',
    ];
    for (const code of ofThatTime) {
      const found = diagnostics.filter((diagnostic) => diagnostic.code === code);
      assert.notEqual(found.length, 0, code);
      for (const { hint } of found) assert.match(hint ?? '', /^(?!.*(?:dialect|2012))./, code);
    }
    const types = diagnostics.filter(({ code }) => code === 'definition-kind');
    assert.equal(types.length, 5);
    for (const { hint } of types) assert.equal(hint, "write 'struct' instead of 'type'");
  });
});

describe('--dialect 2012 accepts', () => {
  const accepts = (what: string, text: string, check: (schema: Schema) => void = () => undefined): void => {
    test(what, () => {
      const { schema, diagnostics } = compileText(text, { dialect: '2012' });
      assert.deepEqual(messagesOf({ schema, diagnostics }), []);
      assert.ok(schema);
      check(schema);
    });
  };

  accepts("any value of 'gen', which is false if present", "{ 'command': 'a', 'gen': 'yes' }", (schema) => {
    assert.equal(find(schema, 'command', 'a').gen, false);
  });

  accepts(
    'leading, doubled and trailing commas',
    "{ , 'enum': 'En',, 'data': [ , 'a',, 'b', ], }",
    (schema) => {
      assert.deepEqual(
        find(schema, 'enum', 'En').values.map(({ name }) => name),
        ['a', 'b'],
      );
    },
  );
  accepts('elements without commas', "{ 'enum': 'En', 'data': [ 'a' 'b' ] }", (schema) => {
    assert.equal(find(schema, 'enum', 'En').values.length, 2);
  });
  accepts(
    'words, digits and double quotes, which it skips',
    `{ 'command' : xyz 'a', 12 "x" 'gen': 'no' }`,
    (schema) => {
      assert.equal(find(schema, 'command', 'a').gen, false);
    },
  );
  accepts('a comma instead of a colon', "{ 'command', 'a' }");
  accepts('any character after a backslash', "{ 'command': '\\g\\uest' }", (schema) => {
    find(schema, 'command', 'guest');
  });
  accepts(
    'a comment inside an expression',
    "{ 'command': 'a',\n## what it takes\n# 'x\n  'data': { 'b': 'int' } }",
  );
  accepts(
    'a repeated key, of which the last counts',
    "{ 'command': 'a', 'data': {}, 'data': { 'b': 'int' } }",
    (schema) => {
      assert.equal(find(schema, 'command', 'a').arguments?.kind, 'members');
    },
  );
  accepts(
    'upper case and underscores',
    "{ 'command': 'Get_it', 'data': { 'A_b': 'int' }, 'returns': 'str' }\n{ 'enum': 'En', 'data': [ 'EAX' ] }",
  );
  accepts(
    'a struct in place',
    "{ 'command': 'a', 'data': { 'b': { 'c': 'int', '*d': { 'e': ['str'] } } } }",
    (schema) => {
      const { arguments: taken } = find(schema, 'command', 'a');
      assert.equal(taken?.kind, 'members');
      const [member] = taken.members;
      assert.equal(member?.type.kind, 'anonymous');
      assert.deepEqual(
        member.type.members.map(({ name, optional }) => [name, optional]),
        [
          ['c', false],
          ['d', true],
        ],
      );
    },
  );
  accepts(
    "a struct in place with a member 'type'",
    "{ 'type': 'Ab', 'data': { 'b': { 'type': 'int', 'c': 'int' } } }",
    (schema) => {
      const [member] = find(schema, 'struct', 'Ab').members;
      assert.equal(member?.type.kind, 'anonymous');
    },
  );
  accepts(
    'a type in upper case, which is an event',
    "{ 'type': 'SHUT_DOWN', 'data': { 'guest': 'bool' } }",
    (schema) => {
      find(schema, 'event', 'SHUT_DOWN');
    },
  );
  accepts("'**' for anything", "{ 'command': 'a', 'data': { '*props': '**' }, 'gen': 'no' }");
  accepts(
    'a union without base and discriminator',
    "{ 'union': 'Un', 'data': { 'a-b': 'int', 'c': ['St'] } }\n{ 'type': 'St', 'data': {} }",
    (schema) => {
      assert.deepEqual(
        schema.entities.map(({ kind, name }) => `${kind} ${name}`),
        ['enum UnKind', 'struct UnABWrapper', 'struct UnCWrapper', 'union Un', 'struct St'],
      );
      const union = find(schema, 'union', 'Un');
      assert.equal(union.discriminator.name, 'type');
      assert.equal(union.discriminator.type, find(schema, 'enum', 'UnKind'));
      assert.deepEqual(
        union.branches.map(({ name, type }) => [name, type.name]),
        [
          ['a-b', 'UnABWrapper'],
          ['c', 'UnCWrapper'],
        ],
      );
      assert.deepEqual(
        find(schema, 'struct', 'UnABWrapper').members.map(({ name, type }) => [name, type.kind]),
        [['data', 'builtin']],
      );
    },
  );
  accepts(
    'what is written today',
    lines(
      '##',
      '# @c:',
      '#',
      '# Text.',
      '#',
      '# @a: an argument',
      '#',
      '# Features:',
      '#',
      '# @deprecated: for a reason',
      '#',
      '# Since: 9.0',
      '##',
      "{ 'command': 'c', 'data': { 'a': { 'type': 'int' } }, 'success-response': false,",
      "  'features': [ 'deprecated' ] }",
    ),
    (schema) => {
      const { doc, features, successResponse } = find(schema, 'command', 'c');
      assert.equal(successResponse, false);
      assert.deepEqual(
        features.map(({ name }) => name),
        ['deprecated'],
      );
      assert.equal(doc?.since, '9.0');
      assert.equal(doc?.features[0]?.text, 'for a reason');
    },
  );
  accepts('a comment without an end', "##\n# @a:\n# text\n{ 'command': 'a' }\n", (schema) => {
    assert.equal(find(schema, 'command', 'a').doc?.text, 'text');
  });
});

describe('--dialect 2012 rejects', () => {
  testErrors(
    [
      ["{ 'command': 'a }\n{ 'command': 'b' }", '1:14: Mismatched quotes'],
      ["{ 'command': 'a', 'returns': 'Nothing' }", "1:30: command's 'returns' uses unknown type 'Nothing'"],
      ["{ 'command': 'a'\n{ 'command': 'b' }", "2:1: expected ',' or '}'"],
      ["{ 'command' 'a' }", "1:13: expected ':'"],
      [
        "{ 'command': 'a', 'success-response': 'yes' }",
        "1:39: flag 'success-response' may only use false value",
      ],
      ["{ 'enum': 'En', 'data': [ 'a'\n{ 'command': 'b' }", "2:1: expected ',' or ']'"],
      [
        "{ 'command': 'a', 'dato': {} }",
        "1:19: command has unknown key 'dato'\nValid keys are 'allow-oob', 'allow-preconfig', 'boxed', 'command', 'coroutine', 'data', 'features', 'gen', 'if', 'returns', 'success-response'.",
      ],
      ["{ 'type': 'Ab', 'data': {} }\n{ 'type': 'Ab', 'data': {} }", "2:11: 'Ab' is already defined"],
    ],
    { dialect: '2012' },
  );
});

describe('the hint shows the modern form for', () => {
  const cases: readonly (readonly [what: string, schema: string, message: string, hint: RegExp])[] = [
    ['a missing comma', "{ 'command': 'a' 'gen': false }", "1:18: expected ',' or '}'", /insert a ','/],
    [
      'a missing comma in a list',
      "{ 'enum': 'En', 'data': [ 'a' 'b' ] }",
      "1:31: expected ',' or ']'",
      /insert a ','/,
    ],
    ['a trailing comma', "{ 'command': 'a', }", '1:19: expected string', /remove the ',' before it/],
    [
      'a trailing comma in a list',
      "{ 'enum': 'En', 'data': [ 'a', ] }",
      "1:32: expected '{', '[', string, or boolean",
      /remove the ',' before it/,
    ],
    [
      "'type'",
      "{ 'type': 'Ab', 'data': {} }",
      "1:3: expression must have exactly one key 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
      /write 'struct'/,
    ],
    [
      "'success-response': 'no'",
      "{ 'command': 'a', 'success-response': 'no' }",
      "1:39: flag 'success-response' may only use false value",
      /write false/,
    ],
    [
      "'gen': 'no'",
      "{ 'command': 'a', 'gen': 'no' }",
      "1:26: flag 'gen' may only use false value",
      /write false/,
    ],
    [
      'a simple union',
      "{ 'union': 'Un', 'data': { 'a': 'int' } }",
      "1:1: union misses keys 'base', 'discriminator'",
      /'base'.*'discriminator'/,
    ],
    [
      'a struct in place',
      "{ 'command': 'a', 'data': { 'b': { 'c': 'int' } } }",
      "1:34: 'data' member 'b' misses key 'type'",
      /define a struct.*'struct': 'NAME'/,
    ],
    ['an escape', "{ 'command': '\\a' }", '1:14: unknown escape \\a', /remove the backslash/],
    [
      'a name without a colon',
      "##\n# @a\n##\n{ 'command': 'a' }",
      "2:1: line should end with ':'",
      /'# @NAME:'/,
    ],
    [
      'a name that differs',
      "##\n# @b:\n##\n{ 'command': 'a' }",
      "4:14: documentation comment is for 'b'",
      /first line of the comment/,
    ],
    [
      'a block that ends oddly',
      "##\n# @a:\n# ##\n{ 'command': 'a' }",
      "4:1: documentation comment must end with '##'",
      /'# text', between two lines '##'/,
    ],
    [
      'a block without a name',
      "##\n# text\n##\n{ 'command': 'a' }",
      '1:1: definition documentation required',
      /'# @NAME:'/,
    ],
    [
      'the tag #optional',
      "##\n# @a:\n#\n# @b: #optional text\n##\n{ 'command': 'a', 'data': { '*b': 'int' } }",
      "4:3: '#optional' is no longer supported: '*b' in the definition says it",
      /remove '#optional'/,
    ],
    [
      'a section Returns where nothing is returned',
      "##\n# @a:\n#\n# Returns: Nothing.\n##\n{ 'command': 'a' }",
      "4:1: 'Returns' section, but command doesn't return anything",
      /remove the section/,
    ],
    ['a number', "{ 'command': 'a' } 12", "1:20: stray '12'", /strings in single quotes/],
    ['double quotes', "{ \"note\" 'command': 'a' }", '1:3: stray \'"note"\'', /single quotes/],
    ['a comma for a colon', "{ 'command', 'a' }", "1:12: expected ':'", /replace it by ':'/],
    ['a repeated key', "{ 'command': 'a', 'command': 'b' }", "1:30: duplicate key 'command'", /remove one/],
    [
      'a command that returns a number',
      "{ 'command': 'a', 'returns': 'int' }",
      "1:30: command's 'returns' cannot take built-in type 'int'",
      /'command-returns-exceptions'/,
    ],
  ];
  for (const [what, schema, message, hint] of cases) {
    test(what, () => {
      const result = compileText(schema);
      assert.equal(messagesOf(result)[0], message);
      assert.match(result.diagnostics[0]?.hint ?? '', hint);
      for (const each of result.diagnostics) assert.doesNotMatch(each.hint ?? '', /dialect|2012/);
      assert.equal(
        compileText(schema, { dialect: '2012' }).diagnostics.filter(({ severity }) => severity === 'error')
          .length,
        0,
      );
    });
  }

  test("a release without a colon, which is a warning since QEMU's schema has one", () => {
    const text = lines('##', '# @a:', '#', '# Text', '#', '# Since 9.2', '##', "{ 'command': 'a' }");
    const result = compileText(text);
    assert.deepEqual(messagesOf(result, 'warning'), ["6:1: 'Since' is no section without a colon"]);
    assert.match(result.diagnostics[0]?.hint ?? '', /'# Since: RELEASE'/);
    assert.deepEqual(compileText(text, { dialect: '2012' }).diagnostics, []);
  });
});
