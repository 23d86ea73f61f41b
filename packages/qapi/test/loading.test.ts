/** Loading of files: includes, their order, read errors, compression, invalid UTF-8. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compileSchema, renderDiagnostic } from '../src/index.js';
import { compileFiles, lines, messagesOf } from './support.js';

function struct(name: string): string {
  return `{ 'struct': '${name}', 'data': {} }\n`;
}

describe('include', () => {
  test('loads each file once at its directive, and shares types across files', () => {
    const { schema, diagnostics } = compileFiles({
      'main.json': `${struct('First')}{ 'include': 'sub/a.json' }\n{ 'include': 'sub/b.json' }\n${struct('Last')}`,
      'sub/a.json': `{ 'include': 'b.json' }\n{ 'struct': 'Aa', 'base': 'Last', 'data': { 'b': 'Bb' } }\n`,
      'sub/b.json': struct('Bb'),
    });
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(
      schema?.entities.map(({ name }) => name),
      ['First', 'Bb', 'Aa', 'Last'],
    );
    assert.deepEqual(
      schema?.modules.map(({ name }) => name),
      ['main.json', 'sub/b.json', 'sub/a.json'],
    );
    assert.deepEqual(
      schema?.main.includes.map(({ name, includes }) => [name, includes.map((module) => module.name)]),
      [['sub/a.json', ['sub/b.json']]],
    );
  });

  test('comes before the rest of a file that begins with it', () => {
    const { schema } = compileFiles({
      'main.json': `{ 'include': 'a.json' }\n${struct('Last')}`,
      'a.json': struct('Aa'),
    });
    assert.deepEqual(
      schema?.modules.map(({ name }) => name),
      ['a.json', 'main.json'],
    );
  });

  test('reports a loop with the chain of includes', () => {
    const { diagnostics } = compileFiles({
      'main.json': "{ 'include': 'a.json' }\n",
      'a.json': "\n{ 'include': 'main.json' }\n",
    });
    assert.deepEqual(diagnostics.map(renderDiagnostic), [
      lines(
        'In file included from main.json:1:',
        'a.json:2:14: inclusion loop for main.json',
        "    2 | { 'include': 'main.json' }",
        '      |              ^~~~~~~~~~~',
      ).trimEnd(),
    ]);
  });

  test('rejects more than 100 nested files', () => {
    const files: Record<string, string> = { 'main.json': "{ 'include': '0.json' }" };
    for (let index = 0; index < 200; index += 1)
      files[`${index}.json`] = `{ 'include': '${index + 1}.json' }`;
    assert.deepEqual(messagesOf(compileFiles(files)), [
      '99.json:1:14: includes nested deeper than 100 files',
    ]);
  });

  describe('of a file that cannot be read', () => {
    const unreadable = "1:1: can't read include file 'sub/a.json': No such file or directory";
    const errorsBeside = (...parts: readonly string[]) =>
      messagesOf(compileFiles({ 'main.json': lines("{ 'include': 'sub/a.json' }", ...parts) }));

    test('leaves out errors that the file may explain: its types and its pragmas', () => {
      const errors = errorsBeside(
        "{ 'command': 'get_it', 'returns': 'int' }",
        "{ 'struct': 'Leaf', 'base': 'Aa', 'data': { 'Odd_name': 'Bb' } }",
        "{ 'struct': 'Middle', 'base': 'Leaf', 'data': {} }",
        "{ 'union': 'Un', 'base': 'Middle', 'discriminator': 'kind', 'data': { 'a': 'Cc' } }",
        "{ 'pragma': { 'doc-required': true } }",
      );
      assert.deepEqual(errors, [unreadable]);
    });

    test('keeps errors that it cannot explain: names that no file may define, uses of known types', () => {
      const errors = errorsBeside(
        "{ 'command': 'first', 'data': { 'a': 'itn', 'b': [ 'first' ], 'c': 'AaList' } }",
        "{ 'event': 'DONE', 'data': 'first' }",
        "{ 'enum': 'En', 'data': [ 'a' ] }",
        "{ 'struct': 'Leaf', 'base': 'En', 'data': {} }",
        "{ 'struct': 'Base', 'data': { 'kind': 'En' } }",
        "{ 'union': 'Un', 'base': 'Base', 'discriminator': 'kin', 'data': { 'b': 'Cc' } }",
      );
      assert.deepEqual(errors, [
        unreadable,
        "2:38: parameter 'a' uses unknown type 'itn'",
        "2:50: command uses unknown type 'first'",
        "2:68: parameter 'c' uses unknown type 'AaList'",
        "3:28: event's 'data' uses unknown type 'first'",
        "5:29: 'base' requires a struct type, enum type 'En' isn't",
        "7:51: discriminator 'kin' is not a member of 'base'",
      ]);
    });

    test('says so in a hint', () => {
      const { diagnostics } = compileFiles({ 'main.json': "{ 'include': 'a.json' }" });
      assert.equal(diagnostics[0]?.hint, 'types that this file may define are not reported as unknown');
    });

    test('keeps the dialect that the other files show', () => {
      const text = lines("{ 'include': 'a.json' }", "{ 'command': 'a', 'gen': 'no', 'returns': 'Aa' }");
      const result = compileFiles({ 'main.json': text }, { dialect: 'auto' });
      assert.deepEqual([messagesOf(result).length, result.dialect], [1, '2012']);
    });
  });

  test('with an error counts as a file that cannot be read', () => {
    const text = lines(
      "{ 'include': 'a.json', 'if': 'A' }",
      "{ 'include': [] }",
      "{ 'command': 'a', 'data': 'Aa' }",
    );
    assert.deepEqual(messagesOf(compileFiles({ 'main.json': text })), [
      "1:1: invalid 'include' directive",
      "2:14: value of 'include' must be a string",
    ]);
  });

  test('applies its pragmas to the whole schema', () => {
    const { diagnostics } = compileFiles({
      'main.json': "{ 'command': 'a_b' }\n{ 'include': 'pragma.json' }\n",
      'pragma.json': "{ 'pragma': { 'command-name-exceptions': [ 'a_b' ] } }\n",
    });
    assert.deepEqual(diagnostics, []);
  });
});

describe('main file', () => {
  test('gives an error without a place if it does not exist', () => {
    assert.deepEqual(compileSchema('/nowhere/x.json').diagnostics.map(renderDiagnostic), [
      "can't read schema file '/nowhere/x.json': No such file or directory",
    ]);
  });

  test('gives the text of the C library if it is a folder', () => {
    assert.deepEqual(compileSchema('/').diagnostics.map(renderDiagnostic), [
      "can't read schema file '/': Is a directory",
    ]);
  });

  test('may be compressed with gzip', () => {
    const folder = mkdtempSync(join(tmpdir(), 'qapi-'));
    try {
      const path = join(folder, 'schema.json.gz');
      writeFileSync(path, gzipSync(struct('Aa')));
      const { schema, diagnostics } = compileSchema(path);
      assert.deepEqual(diagnostics, []);
      assert.deepEqual(
        schema?.modules.map(({ name }) => name),
        ['schema.json.gz'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is rejected if it is a damaged archive', () => {
    const bytes = gzipSync(struct('Aa')).subarray(0, 20);
    assert.deepEqual(messagesOf(compileFiles({ 'main.json': bytes })), [
      "can't read schema file 'main.json': damaged gzip file",
    ]);
  });

  test('is rejected if it decompresses to more than the limit, before it fills the memory', () => {
    const bytes = gzipSync(Buffer.alloc(65 * 1024 * 1024, ' '));
    assert.deepEqual(messagesOf(compileFiles({ 'main.json': bytes })), [
      "can't read schema file 'main.json': larger than 64 MiB",
    ]);
  });

  test('is rejected at the first byte that is not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from(`${struct('Aa')}# `), Buffer.from([0xe4, 0x0a])]);
    assert.deepEqual(messagesOf(compileFiles({ 'main.json': bytes })), ['2:3: not a UTF-8 file']);
  });

  test('may have a byte order mark, and CR or CR LF line ends', () => {
    const text = `\ufeff##\r\n# @Aa:\r\n##\r\n${struct('Aa')}\r{ 'command': 'x' 'y' }`;
    assert.deepEqual(messagesOf(compileFiles({ 'main.json': text })), [
      "6:18: expected ',' or '}'",
      "6:22: expected ':'",
    ]);
  });
});
