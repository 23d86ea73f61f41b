import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examplesOf } from '../src/generate/examples.js';
import { schemaOf } from './support.js';

/** The examples of a command that is documented so. */
function examplesIn(...doc: readonly string[]) {
  const comment = doc.map((line) => (line === '' ? '#' : `# ${line}`));
  const text = ['##', '# @ask:', '#', ...comment, '##', "{ 'command': 'ask', 'data': { 'a': 'int' } }", ''];
  const { entities } = schemaOf(text.join('\n'));
  const command = entities.find(({ name }) => name === 'ask');
  assert.ok(command);
  return examplesOf(command);
}

test('examplesOf returns the messages of both sides in order', () => {
  assert.deepEqual(
    examplesIn('@a: a', '', '.. qmp-example::', '', '   -> { "execute": "x" }', '   <- { "return": {} }'),
    [
      {
        title: '',
        messages: [
          { sender: 'client', text: '{ "execute": "x" }' },
          { sender: 'server', text: '{ "return": {} }' },
        ],
      },
    ],
  );
});

test('examplesOf joins the lines of a message', () => {
  const [example] = examplesIn(
    '@a: a',
    '',
    '.. qmp-example::',
    '   :title: Long',
    '',
    '   -> { "a": 1,',
    '        "b":',
    '          2 }',
    '',
    '   <- { }',
  );
  assert.equal(example?.title, 'Long');
  assert.deepEqual(
    example?.messages.map(({ text }) => text),
    ['{ "a": 1, "b": 2 }', '{ }'],
  );
});

test('examplesOf searches all parts of the documentation, and ignores the text of an annotated example', () => {
  const titled = (title: string): string[] => [
    '.. qmp-example::',
    `   :title: ${title}`,
    '',
    `   -> ${title}`,
    '',
  ];
  const indented = (lines: readonly string[]): string[] =>
    lines.map((line) => (line === '' ? '' : `    ${line}`));
  const found = examplesIn(
    ...titled('text'),
    '@a: a',
    '',
    ...indented(titled('member')),
    'Errors:',
    ...indented(['- one', '', '  .. qmp-example::', '', '     -> list', '']),
    '.. note::',
    '',
    '   .. qmp-example::',
    '      :annotated:',
    '',
    '      First this:',
    '',
    '      -> note',
    '',
    '      Then that.',
    '',
    '      <- more',
  );
  assert.deepEqual(
    found.map(({ messages }) => messages.map(({ text }) => text)),
    [['text'], ['member'], ['list'], ['note', 'more']],
  );
});

test('examplesOf returns nothing for a definition without documentation', () => {
  const [entity] = schemaOf("{ 'command': 'ask' }\n").entities.filter(({ name }) => name === 'ask');
  assert.ok(entity);
  assert.deepEqual(examplesOf(entity), []);
});
