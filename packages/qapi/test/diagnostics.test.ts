/** Rendering, order and limit of diagnostics. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DIAGNOSTIC_CODES, diagnosticToJson, renderDiagnostic } from '../src/index.js';
import { compileFiles, compileText, lines, messagesOf } from './support.js';

function rendered(text: string): readonly string[] {
  return compileText(text).diagnostics.map(renderDiagnostic);
}

describe('renderDiagnostic', () => {
  test('prints the definition, the place, the source line with a caret, and related places', () => {
    const text = "{ 'struct': 'Aa', 'data': {} }\n\n{ 'enum': 'Aa',\n  'data': [] }\n";
    assert.deepEqual(rendered(text), [
      lines(
        "main.json: In enum 'Aa':",
        "main.json:3:11: 'Aa' is already defined",
        "    3 | { 'enum': 'Aa',",
        '      |           ^~~~',
        'main.json:1:13: previous definition',
        "    1 | { 'struct': 'Aa', 'data': {} }",
        '      |             ^~~~',
      ).trimEnd(),
    ]);
  });

  test('prints the including files', () => {
    const { diagnostics } = compileFiles({
      'main.json': "\n{ 'include': 'sub/a.json' }\n",
      'sub/a.json': "{ 'include': 'b.json' }",
      'sub/b.json': "{ 'command' }",
    });
    assert.deepEqual(diagnostics.map(renderDiagnostic), [
      lines(
        'In file included from main.json:2:',
        'In file included from sub/a.json:1:',
        "sub/b.json:1:13: expected ':'",
        "    1 | { 'command' }",
        '      |             ^',
      ).trimEnd(),
    ]);
  });

  test('prints the hint', () => {
    assert.match(
      rendered("{ 'type': 'Aa', 'data': {} }")[0] ?? '',
      /\nhint: write 'struct' instead of 'type'/,
    );
  });

  test('marks a warning, which does not prevent a schema', () => {
    const { schema, diagnostics } = compileText(`##\n# ${'long '.repeat(20)}\n##\n`);
    assert.ok(schema);
    assert.match(
      diagnostics.map(renderDiagnostic).join(),
      /^main\.json:2:1: warning: documentation line longer/,
    );
  });

  test('expands tabs to stops of eight columns', () => {
    assert.deepEqual(rendered("\t {\t'a' }"), [
      lines(
        "main.json:1:21: expected ':'",
        "    1 |          {      'a' }",
        '      |                     ^',
      ).trimEnd(),
    ]);
  });

  test('has a JSON counterpart with the same parts', () => {
    const { diagnostics } = compileFiles({
      'main.json': "{ 'include': 'a.json' }",
      'a.json': "{ 'command': 'a',\n  'gen': 'no' }",
    });
    assert.deepEqual(JSON.parse(JSON.stringify(diagnostics.map(diagnosticToJson))), [
      {
        severity: 'error',
        code: 'flag-value',
        message: "flag 'gen' may only use false value",
        place: { file: 'a.json', line: 2, column: 10, endLine: 2, endColumn: 14 },
        context: { meta: 'command', name: 'a' },
        hint: "write false instead of 'no'",
        related: [],
        includedFrom: [{ file: 'main.json', line: 1 }],
      },
    ]);
  });
});

describe('codeFrame', () => {
  /** The excerpt of the first diagnostic. */
  const excerptOf = (text: string): readonly string[] =>
    rendered(text)[0]
      ?.split('\n')
      .filter((line) => / \| /.test(line)) ?? [];

  test('cuts a long line around the caret', () => {
    const members = (prefix: string): string =>
      Array.from({ length: 5000 }, (_, index) => `'${prefix}${index}': 'int'`).join(', ');
    const [line = '', caret = ''] = excerptOf(
      `{ 'struct': 'Aa', 'data': { ${members('m')}, 'z': 'Zz', ${members('n')} } }`,
    );
    assert.ok(line.length < 120);
    assert.equal(line.slice(caret.indexOf('^'), caret.lastIndexOf('~') + 1), "'Zz'");
    assert.match(line, / \| ….*…$/);
  });

  test('escapes control characters and characters that reorder text', () => {
    const text = "# \u001b[31m\u202e\u0007\n{ 'command': \u001b[2J\u202e\u009b\u0000x }";
    const output = rendered(text).join('\n');
    assert.match(output, /stray '\\x1b'/);
    assert.match(output, /\\u\{202e\}/);
    assert.doesNotMatch(output.replaceAll('\n', ''), /[\0-\x1f\x7f-\x9f\u202e]/);
  });

  test('aligns the caret after wide and combining characters', () => {
    const [line = '', caret = ''] = excerptOf('{ 漢字e\u0301 }');
    assert.equal(line, '    1 | { 漢字e\u0301 }');
    assert.equal(caret, '      |   ^~~~~');
    const [, behind = ''] = excerptOf("{ '漢': 'a' }");
    assert.equal(behind, '      |   ^~~~');
  });

  test('shows the last line for a place at the end of the file', () => {
    assert.deepEqual(excerptOf("{ 'command': 'a'\n"), [
      "    1 | { 'command': 'a'",
      '      |                 ^',
    ]);
  });
});

describe('order of diagnostics', () => {
  test('follows the text, with an included file at its directive', () => {
    const result = compileFiles({
      'main.json': lines(
        "{ 'command': 'A', 'data': 'Missing' }",
        "{ 'include': 'sub.json' }",
        "{ 'command': 'b' 'gen': false }",
      ),
      'sub.json': "{ 'command': 'c', 'data': 'Missing' }\n{ 'command': }",
    });
    assert.deepEqual(messagesOf(result), [
      "1:14: name of command must not use uppercase or '_'",
      "1:27: command's 'data' uses unknown type 'Missing'",
      "sub.json:1:27: command's 'data' uses unknown type 'Missing'",
      "sub.json:2:14: expected '{', '[', string, or boolean",
      "3:18: expected ',' or '}'",
    ]);
  });
});

describe('limit of diagnostics', () => {
  test('keeps a hundred errors and reports that there are more', () => {
    const { diagnostics } = compileText("{ 'command': 'A' }\n".repeat(300));
    assert.equal(diagnostics.length, 101);
    assert.equal(diagnostics.at(-1)?.message, 'too many errors, the rest is not shown');
  });

  test('cuts a message that contains a whole file', () => {
    const [message = ''] = messagesOf(compileText('x'.repeat(1_000_000)));
    assert.ok(message.length < 2100);
  });
});

test('DIAGNOSTIC_CODES has no duplicates', () => {
  assert.equal(new Set(DIAGNOSTIC_CODES).size, DIAGNOSTIC_CODES.length);
});
