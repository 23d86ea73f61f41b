/** Documentation from before QEMU 9.1: newer rules give warnings (qemu-ga §10.6). */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { compileSchema, renderDiagnostic } from '../src/index.js';
import { compileText, lines, messagesOf, schemaOf } from './support.js';

function warningsOf(...text: readonly string[]): readonly string[] {
  const result = compileText(lines(...text));
  assert.deepEqual(messagesOf(result), []);
  return messagesOf(result, 'warning');
}

describe('documentation line', () => {
  const seventy = `# ${'x'.repeat(68)}`;

  test('gives a warning above seventy characters', () => {
    assert.deepEqual(warningsOf('##', seventy, '##'), []);
    assert.deepEqual(warningsOf('##', `${seventy}x`, '##'), [
      '2:1: documentation line longer than 70 characters',
    ]);
  });

  test('may be longer if it is only a URL, or in a literal block', () => {
    const address = `# https://example.org/${'x'.repeat(80)}`;
    assert.deepEqual(warningsOf('##', address, '##'), []);
    assert.deepEqual(
      warningsOf(
        '##',
        '# Text::',
        '#',
        `#     ${'x'.repeat(80)}`,
        '#',
        '# .. qmp-example::',
        '#',
        `#     ${'x'.repeat(80)}`,
        '##',
      ),
      [],
    );
    assert.equal(warningsOf('##', '# Text::', '#', '#     x', '#', seventy.repeat(2), '##').length, 1);
  });

  const twoSpaces =
    'Use two spaces between sentences\nIf this not the end of a sentence, please report a bug.';

  test('gives a warning for a single blank between sentences', () => {
    assert.deepEqual(warningsOf('##', '# One.  Two!  Three?  (Four.)', '##'), []);
    assert.deepEqual(warningsOf('##', '# One. Two.', '##'), [`2:6: ${twoSpaces}`]);
    assert.deepEqual(warningsOf('##', '# Really? (Yes)', '##'), [`2:9: ${twoSpaces}`]);
    assert.deepEqual(warningsOf('##', '# Stop! 3 more', '##'), [`2:7: ${twoSpaces}`]);
  });

  test('may have one blank after an abbreviation or list number, or before lower case', () => {
    assert.deepEqual(warningsOf('##', '# Some, e.g. This, i.e. that', '# 1. First', '##'), []);
  });
});

describe('documentation section that QEMU 9.1 dropped', () => {
  test('gives a warning with its replacement, and is converted to it', () => {
    const text = lines(
      '##',
      '# @c:',
      '#',
      '# Text.',
      '#',
      '# Note: be',
      '#     careful',
      '#',
      '# Example:',
      '#',
      '#     -> c',
      '##',
      "{ 'command': 'c' }",
    );
    const { schema, diagnostics } = compileText(text);
    assert.deepEqual(messagesOf({ schema, diagnostics }, 'warning'), [
      "6:1: The 'Note' section is no longer supported. Please use rST's '.. note::' or '.. admonition:: notes' directives, or another suitable admonition instead.",
      "9:1: The 'Example' section is no longer supported. Please use the '.. qmp-example::' directive, or other suitable markup instead.",
    ]);
    assert.deepEqual(schema?.entities[0]?.doc?.further, [
      '.. note:: be\n   careful',
      '.. qmp-example::\n\n   -> c',
    ]);
  });

  const undocumented = [
    '##',
    '# @Aa:',
    '#',
    '# @b:',
    '##',
    "{ 'struct': 'Aa', 'data': { 'b': 'int', 'c': 'int' } }",
  ];

  test('makes newer errors warnings in the same file', () => {
    assert.deepEqual(
      warningsOf(
        '##',
        '# @c:',
        '#',
        '# Notes: text',
        '#',
        '# Returns: Nothing.',
        '##',
        "{ 'command': 'c' }",
        ...undocumented,
      ).slice(1),
      [
        "6:1: 'Returns' section, but command doesn't return anything",
        "12:3: text required after '@b:'",
        "14:41: member 'c' lacks documentation",
      ],
    );
  });

  test('leaves newer errors in a file without one', () => {
    assert.deepEqual(messagesOf(compileText(lines(...undocumented))), ["4:3: text required after '@b:'"]);
  });

  test('is ignored in a plain or free-form comment', () => {
    const described = ['##', '# @Aa:', '##', "{ 'struct': 'Aa', 'data': { 'c': 'int' } }"];
    for (const other of [
      ['# Note: text', ''],
      ['##', '# Text', '#', '# Note: text', '##', ''],
      ['##', '# @b:', '##', "{ 'command': 'b' }", '# Example: text', ''],
    ]) {
      const result = compileText(lines(...other, ...described));
      assert.deepEqual(messagesOf(result), [`${other.length + 4}:29: member 'c' lacks documentation`]);
      assert.deepEqual(messagesOf(result, 'warning'), []);
    }
  });
});

test('the description of a member may begin on the next line', () => {
  const { entities } = schemaOf(
    lines(
      '##',
      '# @Aa:',
      '#',
      '# @b:',
      '#     text',
      '#',
      '#     and more',
      '#',
      '# Since: 1.0',
      '##',
      "{ 'struct': 'Aa', 'data': { 'b': 'int' } }",
    ),
  );
  assert.equal(entities[0]?.doc?.members[0]?.text, 'text\n\nand more');
});

const DEBIAN = '/usr/share/doc/qemu-guest-agent/qapi-schema.json.gz';

test('compileSchema accepts the guest agent schema of Debian', {
  skip: !existsSync(DEBIAN) && 'the schema that Debian installs: install the Debian package qemu-guest-agent',
}, () => {
  const { schema, diagnostics } = compileSchema(DEBIAN);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  assert.deepEqual(errors.map(renderDiagnostic), []);
  assert.ok(schema?.entities.some(({ name }) => name === 'guest-fsfreeze-freeze'));
});
