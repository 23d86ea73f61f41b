/** What must hold for the result of the compiler, whatever it compiles. */
import assert from 'node:assert/strict';
import {
  type CompileResult,
  checkSelection,
  compileSchema,
  type Dialect,
  diagnosticToJson,
  generateTypeScript,
  introspect,
  renderDiagnostic,
  renderReference,
  type Schema,
  select,
} from '../src/index.js';
import { lines } from './support.js';

/** A schema with every kind of definition. */
export const SAMPLE_SCHEMA = lines(
  "{ 'pragma': { 'doc-required': false, 'member-name-exceptions': [ 'Base' ] } }",
  '##',
  '# @Kind:',
  '#',
  '# Text.',
  '#',
  '# @a: one',
  '#     more',
  '#',
  '# @b: two',
  '#',
  '# Features:',
  '#',
  '# @odd: why',
  '#',
  '# Since: 1.0',
  '##',
  "{ 'enum': 'Kind', 'data': [ 'a', { 'name': 'b', 'if': { 'not': 'X' } } ], 'features': [ 'odd' ] }",
  "{ 'struct': 'Base', 'data': { 'kind': 'Kind', '*some_names': [ 'str' ] } }",
  "{ 'struct': 'Leaf', 'data': { 'any': { 'type': 'any', 'if': { 'all': [ 'A', 'B' ] } } } }",
  "{ 'union': 'Un', 'base': 'Base', 'discriminator': 'kind', 'data': { 'a': 'Leaf', 'b': 'Nested' } }",
  "{ 'union': 'Nested', 'base': { 'q': 'QType' }, 'discriminator': 'q', 'data': { 'none': 'Leaf' } }",
  "{ 'alternate': 'Alt', 'data': { 'one': 'Un', 'many': [ 'Un' ], 'text': 'str' } }",
  "{ 'command': 'do-it', 'data': 'Un', 'boxed': true, 'returns': [ 'Un' ], 'success-response': false }",
  "{ 'event': 'DONE', 'data': { 'it': 'Alt' } }",
);

/** Words of the language, and names that collide with those of JavaScript. */
export const LANGUAGE_WORDS = [
  ...['{', '}', '[', ']', ':', ',', ' ', '\n', '#', '##', '##\n', "'", '\\', '@', '*', 'true', 'false'],
  ...[
    'enum',
    'struct',
    'union',
    'alternate',
    'command',
    'event',
    'type',
    'include',
    'pragma',
    'data',
    'base',
  ],
  ...[
    'discriminator',
    'returns',
    'boxed',
    'features',
    'if',
    'all',
    'any',
    'not',
    'name',
    'gen',
    'Aa',
    'Bb',
    'a',
    'b',
  ],
  ...['int', 'str', 'QType', 'constructor', '__proto__', 'main.json', 'deprecated', 'no'],
  ...[
    "'Aa'",
    "'a'",
    "'struct': 'Aa'",
    "'data': {",
    "{ 'enum': 'Bb', 'data': [ 'a' ] }",
    '# @Aa:\n',
    '# Since: 1\n',
  ],
];

/** Runs all generators, which accept every schema, and give the same text again. */
export function everythingGenerates(schema: Schema): void {
  for (const selection of [select('all'), select([]), select(['A'])]) {
    introspect(schema, { selection });
    if (checkSelection(schema, selection).length === 0) generateTypeScript(schema, { selection });
  }
  assert.equal(renderReference(schema), renderReference(schema));
}

/** Compiles some bytes, which the schema may include as any file, and checks the result. */
export function compilesWithoutFault(bytes: Uint8Array, dialect: Dialect): CompileResult {
  const result = compileSchema('main.json', { dialect, readFile: () => bytes });
  const { schema, diagnostics } = result;
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  assert.equal(schema === undefined, failed);
  for (const diagnostic of diagnostics) {
    assert.doesNotMatch(renderDiagnostic(diagnostic), /[\0-\x09\x0b-\x1f\x7f-\x9f]/);
    JSON.stringify(diagnosticToJson(diagnostic));
    const { span } = diagnostic;
    if (span) assert.ok(0 <= span.start && span.start <= span.end && span.end <= span.source.text.length);
  }
  return result;
}
