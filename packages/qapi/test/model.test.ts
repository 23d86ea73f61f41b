/** The model of a checked schema. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lines, schemaOf } from './support.js';

describe('model of a schema', () => {
  const schema = schemaOf(
    lines(
      '##',
      '# = Things',
      '#',
      '# All about them.',
      '##',
      '',
      '##',
      '# @Kind:',
      '#',
      '# What a thing can be.',
      '#',
      '# @small: as a mouse',
      '#',
      '# @large: as an elephant,',
      '#     or larger',
      '#',
      '#       - a house',
      '#',
      '# Features:',
      '#',
      '# @shy: hides',
      '#',
      '# Since: 2.2; large since 2.4',
      '#',
      '# Read on.',
      '#',
      '# And on.',
      '##',
      "{ 'enum': 'Kind', 'data': [ 'small', { 'name': 'large', 'if': 'ELEPHANTS', 'features': [ 'shy' ] } ] }",
      "{ 'struct': 'Root', 'data': { 'kind': 'Kind', '*names': [ 'str' ] } }",
      "{ 'struct': 'Base', 'base': 'Root', 'data': { 'next': 'Thing' } }",
      "{ 'struct': 'Mouse', 'data': { 'tail': { 'type': 'number', 'if': { 'any': [ 'TAILS', { 'not': 'BARE' } ] } } } }",
      "{ 'union': 'Thing', 'base': 'Base', 'discriminator': 'kind', 'data': { 'small': 'Mouse' } }",
      "{ 'alternate': 'Either', 'data': { 'one': 'Thing', 'many': [ 'Thing' ] } }",
      '##',
      '# @look-up:',
      '#',
      '# Finds.',
      '#',
      '# Returns: what was found',
      '#',
      '# Errors:',
      '#     - If nothing was.',
      '##',
      "{ 'command': 'look-up', 'data': 'Thing', 'boxed': true, 'returns': [ 'Thing' ], 'allow-oob': true,",
      "  'allow-preconfig': true, 'success-response': false, 'gen': false }",
      "{ 'command': 'rest', 'data': {}, 'coroutine': true, 'if': { 'all': [ 'A', 'B' ] } }",
      "{ 'event': 'LOOKED_UP', 'data': { 'kind': 'Kind' } }",
    ),
  );
  const [kind, root, base, mouse, thing, either, lookUp, rest, lookedUp] = schema.entities;

  test('keeps free text and definitions in the order of the file', () => {
    assert.deepEqual(
      schema.main.items.map((item) => (item.kind === 'text' ? item.text : item.name)),
      [
        '= Things\n\nAll about them.',
        'Kind',
        'Root',
        'Base',
        'Mouse',
        'Thing',
        'Either',
        'look-up',
        'rest',
        'LOOKED_UP',
      ],
    );
  });

  test('has the parts of documentation, without the indentation of blocks', () => {
    assert.equal(kind?.doc?.text, 'What a thing can be.');
    assert.deepEqual(
      kind.doc.members.map(({ name, text }) => [name, text]),
      [
        ['small', 'as a mouse'],
        ['large', 'as an elephant,\nor larger\n\n  - a house'],
      ],
    );
    assert.deepEqual(
      kind.doc.features.map(({ name, text }) => [name, text]),
      [['shy', 'hides']],
    );
    assert.equal(kind.doc.since, '2.2');
    assert.deepEqual(kind.doc.further, ['Read on.\n\nAnd on.']);
    assert.equal(lookUp?.doc?.returns, 'what was found');
    assert.equal(lookUp.doc.errors, '- If nothing was.');
  });

  test('keeps conditions as written', () => {
    assert.equal(kind?.kind, 'enum');
    assert.deepEqual(kind.values[1]?.condition, { kind: 'defined', name: 'ELEPHANTS' });
    assert.equal(mouse?.kind, 'struct');
    assert.deepEqual(mouse.members[0]?.condition, {
      kind: 'any',
      operands: [
        { kind: 'defined', name: 'TAILS' },
        { kind: 'not', operand: { kind: 'defined', name: 'BARE' } },
      ],
    });
    assert.equal(rest?.condition?.kind, 'all');
  });

  test('resolves names, forward and in cycles', () => {
    assert.ok(root?.kind === 'struct' && base?.kind === 'struct' && thing?.kind === 'union');
    assert.equal(base.base, root);
    assert.equal(base.members[0]?.type, thing);
    assert.equal(thing.base, base);
    assert.deepEqual(
      thing.members.map(({ name, optional }) => [name, optional]),
      [
        ['kind', false],
        ['names', true],
        ['next', false],
      ],
    );
    assert.equal(thing.discriminator, thing.members[0]);
    assert.equal(thing.discriminator.type, kind);
    assert.deepEqual(
      thing.branches.map(({ name, type }) => [name, type]),
      [['small', mouse]],
    );
    assert.ok(either?.kind === 'alternate');
    assert.deepEqual(either.branches[1]?.type, { kind: 'list', element: thing });
  });

  test('has commands and events with all their flags', () => {
    assert.ok(lookUp?.kind === 'command' && rest?.kind === 'command' && lookedUp?.kind === 'event');
    assert.deepEqual(lookUp.arguments, { kind: 'named', type: thing });
    assert.deepEqual(lookUp.returns, { kind: 'list', element: thing });
    const flags = ({ boxed, gen, successResponse, allowOob, allowPreconfig, coroutine }: typeof lookUp) => [
      boxed,
      gen,
      successResponse,
      allowOob,
      allowPreconfig,
      coroutine,
    ];
    assert.deepEqual(flags(lookUp), [true, false, false, true, true, false]);
    assert.deepEqual(flags(rest), [false, true, true, false, false, true]);
    assert.equal(rest.arguments, undefined);
    assert.equal(lookedUp.data?.kind, 'members');
  });

  test('has a place for every part', () => {
    assert.ok(mouse?.kind === 'struct');
    const { source, start, end } = mouse.span;
    assert.match(source.text.slice(start, end), /^\{ 'struct': 'Mouse'.*\}$/);
    const member = mouse.members[0]?.span ?? assert.fail();
    assert.equal(source.text.slice(member.start, member.end), "'tail'");
  });
});

test('QType is an enum in every schema', () => {
  const [user] = schemaOf("{ 'struct': 'User', 'data': { 'q': 'QType' } }").entities;
  assert.ok(user?.kind === 'struct');
  const type = user.members[0]?.type;
  assert.ok(type?.kind === 'enum');
  assert.equal(type.values[0]?.name, 'none');
  assert.equal(type.values.length, 7);
});
