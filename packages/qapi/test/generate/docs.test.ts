import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { renderReference } from '../../src/generate/docs/reference.js';
import { parseBlocks } from '../../src/generate/markup/blocks.js';
import { codeSpan, escaped, markdownStyle, tableCell } from '../../src/generate/markup/markdown.js';
import { renderMarkup } from '../../src/generate/markup/render.js';
import { compileFiles, lines, schemaOf } from '../support.js';

const STYLE = markdownStyle((name) => `<${name}>`);
function markdown(...text: readonly string[]) {
  return renderMarkup(text.join('\n'), STYLE, 60).join('\n');
}

describe('renderMarkup', () => {
  const cases: readonly (readonly [what: string, source: readonly string[], expected: readonly string[]])[] =
    [
      ['literals', ['a ``b*c`` d'], ['a `b*c` d']],
      ['emphasis', ['*so* and **so**, 2 * 3 * 4'], ['*so* and **so**, 2 \\* 3 \\* 4']],
      ['references', ['see @foo-bar, not me@example.org'], ['see <foo-bar>, not me@example.org']],
      ['roles', [':ref:`the text <label>` and :doc:`/x/y`'], ['the text and `/x/y`']],
      [
        'links',
        ['`text <https://e.org/a_b>`_ https://e.org/c.'],
        ['[text](<https://e.org/a_b>) <https://e.org/c>.'],
      ],
      ['unsafe links', ['`text <javascript:alert(1)>`__'], ['text']],
      ['notes', ['.. note:: One', '   two.'], ['**Note:** One two.']],
      ['notes of a block', ['.. caution::', '', '   One.', '', '   - a'], ['**Caution:** One.', '', '- a']],
      ['admonitions', ['.. admonition:: Mind', '', '   One.'], ['**Mind:** One.']],
      [
        'code',
        ['.. code-block:: json', '', '    { "a":', '      1 }'],
        ['```json', '{ "a":', '  1 }', '```'],
      ],
      [
        'literal blocks',
        ['Look::', '', '  a', '', '  b', 'c'],
        ['Look:', '', '```', 'a', '', 'b', '```', '', 'c'],
      ],
      ['bare literal blocks', ['::', '', '  ```'], ['````', '```', '````']],
      [
        'examples',
        ['.. qmp-example::', '   :title: T', '', '    -> { }', '    <- { }'],
        ['**Example: T:**', '', '```', '-> { }', '<- { }', '```'],
      ],
      ['lists', ['- one', '  more', '- two', '', '  - in'], ['- one more', '', '- two', '', '  - in']],
      ['numbered lists', ['1. one', '2. two'], ['1. one', '2. two']],
      ['definitions', ['term', '  its meaning'], ['- term', '  its meaning']],
      ['tables', ['==  ==', 'a   b', '==  =='], ['```', '==  ==', 'a   b', '==  ==', '```']],
      ['comments', ['a', '', '.. not shown', '', 'b'], ['a', '', 'b']],
    ];
  for (const [what, source, expected] of cases) {
    test(what, () => assert.equal(markdown(...source), expected.join('\n')));
  }

  test('fills lines, but begins none like a list or heading', () => {
    const text = markdown(`${'x'.repeat(58)} - ${'y'.repeat(58)} 1. ${'z'.repeat(58)} # w`);
    for (const line of text.split('\n')) assert.doesNotMatch(line, /^(?:[-+#>]|\d+\.) /);
  });

  test('escapes HTML and Markdown in text', () => {
    assert.equal(
      markdown('<script>x</script> [a](b) *c _d_ e_f &lt; ~~g~~'),
      '\\<script\\>x\\</script\\> \\[a\\](b) \\*c \\_d\\_ e_f &amp;lt;\n\\~\\~g\\~\\~',
    );
  });

  test('renders a table cell on one line with escaped bars', () => {
    const cell = tableCell(parseBlocks('a | b\n\n- ``c | d``\n- e\n\n::\n\n  f | g\n'), STYLE);
    assert.equal(cell, 'a \\| b<br><br>• `c \\| d`<br>• e<br><br>`f \\| g`');
  });

  test('renders any text with all code spans closed', () => {
    const word = fc.constantFrom(
      '``',
      '`',
      '*',
      '@a',
      '::',
      '\n',
      '\n\n',
      '  ',
      '- ',
      '.. note::',
      '1. ',
      '|',
      'x',
      '<',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const text = words.join('');
        assert.equal(typeof markdown(text), 'string');
        assert.doesNotMatch(tableCell(parseBlocks(text), STYLE), /\n/);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const span = codeSpan(text);
        const [fence = ''] = /^`+/.exec(span) ?? [];
        assert.equal(span.slice(fence.length, -fence.length).includes(fence), false);
        assert.doesNotMatch(escaped(text), /(?<!\\)(?:\\\\)*[<>[\]*`]/);
      }),
    );
  });
});

describe('renderReference', () => {
  const { schema } = compileFiles({
    'main.json': lines('##', '# = The title', '#', '# The preface.', '##', "{ 'include': 'sub.json' }"),
    'sub.json': lines(
      '##',
      '# = Chapter one',
      '##',
      '##',
      '# == Section',
      '#',
      '# Its text.',
      '##',
      '##',
      '# @read:',
      '#',
      '# Reads a @Thing.',
      '#',
      '# @from: where it is',
      '#',
      '# Features:',
      '#',
      '# @deprecated: Do not.',
      '#',
      '# @quick: It is quick.',
      '#',
      '# Returns: what was read',
      '#',
      '# Errors:',
      '#     - If it does not exist, GenericError',
      '#',
      '# Since: 3.0',
      '##',
      "{ 'command': 'read', 'features': [ 'deprecated', { 'name': 'quick', 'if': 'CONFIG_Q' } ],",
      "  'data': { '*from': { 'type': ['str'], 'features': [ 'quick' ] } }, 'returns': 'Thing', 'success-response': false }",
      '##',
      '# @Thing:',
      '#',
      '# A thing.',
      '#',
      '# @size: how big it is',
      '##',
      "{ 'struct': 'Thing', 'data': { 'size': { 'type': 'int', 'if': { 'any': [ 'CONFIG_A', { 'not': 'CONFIG_B' } ] } } } }",
    ),
  });
  assert.ok(schema);

  test('renders a title, contents, chapters, and all parts of each definition', () => {
    assert.equal(
      renderReference(schema),
      `# The title

The preface.

## Contents

- [Chapter one](#chapter-chapter-one)
  - [Section](#chapter-section)
    - Commands: [\`read\`](#command-read)
    - Types: [\`Thing\`](#type-Thing)

<a id="chapter-chapter-one"></a>

## Chapter one

<a id="chapter-section"></a>

### Section

Its text.

<a id="command-read"></a>

#### \`read\`

*Command · since 3.0*

Reads a [\`Thing\`](#type-Thing).

**Deprecated:** Do not.

| Argument | Type | Description |
| --- | --- | --- |
| \`from\` | list of \`str\`, optional | where it is<br>Features: \`quick\`. |

**Returns:** [\`Thing\`](#type-Thing) – what was read

**Errors:**

- If it does not exist, GenericError

There is no reply on success.

| Feature | Description |
| --- | --- |
| \`quick\` (if \`CONFIG_Q\`) | It is quick. |

<a id="type-Thing"></a>

#### \`Thing\`

*Object*

A thing.

| Member | Type | Description |
| --- | --- | --- |
| \`size\` | \`int\` | how big it is<br>Only if \`CONFIG_A\` or not \`CONFIG_B\`. |
`,
    );
  });

  test('has no dead links', () => {
    const page = renderReference(schema);
    const anchors = new Set([...page.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
    for (const [, target] of page.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(anchors.has(target), target);
  });

  test('uses the file name as the title of a single file', () => {
    assert.match(renderReference(schemaOf("{ 'command': 'ping' }\n")), /^# Reference of `main\.json`\n/);
  });
});
