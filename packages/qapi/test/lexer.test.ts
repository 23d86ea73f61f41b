/** Tokens: strings, words, comments, unknown text (qemu-ga §10.1). */
import { describe } from 'node:test';
import { lines, testErrors } from './support.js';

describe('lexer', () => {
  testErrors([
    ["{ 'struct': 'Foo", '1:13: missing terminating "\'"'],
    ["{ 'struct': 'Foo, 'data': {} }", "1:20: stray 'data'"],
    ["{ 'struct': 'F\\oo', 'data': {} }", '1:13: unknown escape \\o'],
    ["{ 'struct': 'F\\u006fo', 'data': {} }", '1:13: unknown escape \\u'],
    ["{ 'struct': 'F\too', 'data': {} }", '1:13: funny character in string'],
    ["{ 'struct': 'F\u00f6\u00f6', 'data': {} }", '1:13: funny character in string'],
    ["{ 'struct': 'F\u007f', 'data': {} }", '1:13: funny character in string'],
    ['{ "struct": \'Foo\' }', '1:3: stray \'"struct"\''],
    ["{ 'struct': Foo, 'data': {} }", "1:13: stray 'Foo'"],
    ["{ 'struct': 12 }", "1:13: stray '12'"],
    ["{ 'command': 'a', 'gen': null }", "1:26: stray 'null'"],
    ["{ 'command': 'a', 'gen': True }", "1:26: stray 'True'"],
    [';', "1:1: stray ';'"],
    ["\ufeff{ 'struct': 'Ss', 'data': {} }"],
    ["\t{ 'struct': 12 }", "1:21: stray '12'"],
    [lines("{ 'struct': 'Aa', # a comment with ' and \"", "  'data': {} }")],
    ['# only a comment'],
    ['a\ufeffb', "1:1: stray 'a\ufeffb'"],
    ["{ 'command':\x1c\x85\xa0'a' }"],
    ["{ 'command':\ufeff'a' }", "1:13: stray '\ufeff'"],
    ["{ 'struct': 'A\\\\B', 'data': {} }", '1:13: struct has an invalid name'],
    ["{ 'command': 'a', 'gen': falsetrue }", "1:31: expected ',' or '}'"],
  ]);
});
