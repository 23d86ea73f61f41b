import assert from 'node:assert/strict';
import { test } from 'node:test';
import { introspect } from '../../src/generate/introspect/introspect.js';
import { select } from '../../src/generate/selection.js';
import { compileFiles, lines, schemaOf } from '../support.js';

const SCHEMA = schemaOf(
  lines(
    "{ 'pragma': { 'command-returns-exceptions': [ 'numbers' ] } }",
    "{ 'enum': 'Kind', 'data': [ 'a', { 'name': 'b', 'features': [ 'deprecated' ] }, { 'name': 'c', 'if': 'CONFIG_C' } ] }",
    "{ 'struct': 'Base', 'data': { 'kind': 'Kind' } }",
    "{ 'struct': 'More', 'data': { '*list': ['Alt'] } }",
    "{ 'union': 'Uni', 'base': 'Base', 'discriminator': 'kind', 'data': { 'a': 'More' } }",
    "{ 'alternate': 'Alt', 'data': { 'n': 'uint8', 'u': 'Uni' } }",
    "{ 'command': 'numbers', 'data': { 'id': 'size', 'x': { 'type': 'str', 'features': [ 'secret' ] } },",
    "  'returns': ['int32'], 'allow-oob': true }",
    "{ 'command': 'nothing', 'if': 'CONFIG_C', 'data': { 'only': 'any' } }",
    "{ 'event': 'CHANGED', 'data': 'Uni', 'boxed': true, 'features': [ 'unstable' ] }",
  ),
);

test('introspect lists commands and events, then types in order of first use, numbered, with all integers int', () => {
  assert.deepEqual(introspect(SCHEMA), [
    { 'allow-oob': true, 'arg-type': '0', 'meta-type': 'command', name: 'numbers', 'ret-type': '[int]' },
    { 'arg-type': '3', features: ['unstable'], 'meta-type': 'event', name: 'CHANGED' },
    {
      members: [
        { name: 'id', type: 'int' },
        { features: ['secret'], name: 'x', type: 'str' },
      ],
      'meta-type': 'object',
      name: '0',
    },
    { 'element-type': 'int', 'meta-type': 'array', name: '[int]' },
    { 'json-type': 'int', 'meta-type': 'builtin', name: 'int' },
    { members: [], 'meta-type': 'object', name: '2' },
    {
      members: [{ name: 'kind', type: '4' }],
      'meta-type': 'object',
      name: '3',
      tag: 'kind',
      variants: [
        { case: 'a', type: '5' },
        { case: 'b', type: '2' },
      ],
    },
    { 'json-type': 'string', 'meta-type': 'builtin', name: 'str' },
    { 'json-type': 'value', 'meta-type': 'builtin', name: 'any' },
    {
      members: [{ name: 'a' }, { features: ['deprecated'], name: 'b' }],
      'meta-type': 'enum',
      name: '4',
      values: ['a', 'b'],
    },
    { members: [{ default: null, name: 'list', type: '[6]' }], 'meta-type': 'object', name: '5' },
    { 'element-type': '6', 'meta-type': 'array', name: '[6]' },
    { members: [{ type: 'int' }, { type: '3' }], 'meta-type': 'alternate', name: '6' },
  ]);
});

test('introspect counts excluded parts in the numbering of types', () => {
  const named = (defined: readonly string[]) =>
    introspect(SCHEMA, { selection: select(defined) }).find((info) => info['meta-type'] === 'alternate')?.[
      'name'
    ];
  assert.equal(named([]), named(['CONFIG_C']));
  assert.ok(introspect(SCHEMA, { selection: select('all') }).some(({ name }) => name === 'nothing'));
});

test('introspect with unmasked uses the names of types, and QEMU’s names for implicit types', () => {
  const names = introspect(SCHEMA, { unmasked: true, selection: select('all') }).map(({ name }) => name);
  assert.deepEqual(names, [
    'numbers',
    'nothing',
    'CHANGED',
    'q_obj_numbers-arg',
    '[int]',
    'int',
    'q_obj_nothing-arg',
    'q_empty',
    'Uni',
    'str',
    'any',
    'Kind',
    'More',
    '[Alt]',
    'Alt',
  ]);
});

test('introspect returns objects with keys in alphabetical order', () => {
  for (const info of introspect(SCHEMA)) assert.deepEqual(Object.keys(info), Object.keys(info).sort());
});

test('introspect lists a module before the modules that it includes', () => {
  const { schema } = compileFiles({
    'main.json': "{ 'include': 'sub.json' }\n{ 'command': 'own' }\n",
    'sub.json': "{ 'command': 'included' }\n",
  });
  assert.ok(schema);
  assert.deepEqual(
    introspect(schema)
      .filter((info) => info['meta-type'] === 'command')
      .map(({ name }) => name),
    ['own', 'included'],
  );
});
