/** Syntax errors, and recovery after them (qemu-ga §10.2). */
import { describe } from 'node:test';
import { lines, testErrors } from './support.js';

describe('parser', () => {
  testErrors([
    ['{ [] }', "1:3: expected string or '}'"],
    ["{ 'struct' 'Aa' }", "1:12: expected ':'"],
    ["{ 'struct': 'Aa'", "1:17: expected ',' or '}'"],
    ["{ 'struct': 'Aa' : 'Bb' }", "1:18: expected ',' or '}'"],
    ["{ 'struct': 'Aa', true: 'Bb' }", '1:19: expected string'],
    ["{ , 'struct': 'Aa' }", "1:3: expected string or '}'"],
    ["{ 'struct': 'Aa', 'data': [ , 'a' ] }", "1:29: expected '{', '[', ']', string, or boolean"],
    ["{ 'enum': 'Aa', 'data': [ 'a' : ] }", "1:31: expected ',' or ']'"],
    ["{ 'enum': 'Aa', 'data': [ 'a'", "1:30: expected ',' or ']'"],
    ["{ 'struct': : }", "1:13: expected '{', '[', string, or boolean"],
    ["{ 'struct': } ", "1:13: expected '{', '[', string, or boolean"],
    ["{ 'struct': 'Aa', 'struct': 'Bb', 'data': {} }", "1:29: duplicate key 'struct'"],
    ["[ 'a' ]", '1:1: top-level expression must be an object'],
    ["'a'", '1:1: top-level expression must be an object'],
    ['true', '1:1: top-level expression must be an object'],
    ['}', "1:1: expected '{', '[', string, or boolean"],
    [':', "1:1: expected '{', '[', string, or boolean"],
    ["{ 'struct': 'Aa' 'data': {} }", "1:18: expected ',' or '}'"],
    ["{ 'struct': 'Aa', 'data': {}, }", '1:31: expected string'],
    ["{ 'enum': 'Aa', 'data': [ 'a' 'b' ] }", "1:31: expected ',' or ']'"],
    ["{ 'enum': 'Aa', 'data': [ 'a', ] }", "1:32: expected '{', '[', string, or boolean"],
    [
      lines(
        "{ 'struct': 'Aa', 'data': { 'x' } }",
        "{ 'struct': 'Bb', 'data': { 'y': 'Aa' } }",
        "{ 'struct': 'Cc', 'data': { 'z' } }",
      ),
      "1:33: expected ':'",
      "3:33: expected ':'",
    ],
    [
      "{ 'struct': 'Aa', 'data': { 'x' } } { 'struct': 'Bb', 'data': { 'x': } }",
      "1:33: expected ':'",
      "1:70: expected '{', '[', string, or boolean",
    ],
    [
      lines("{ 'enum': 'Aa', 'data': [ 'a'", "{ 'enum': 'Bb', 'data': [ 'a' 'b' ] }"),
      "2:1: expected ',' or ']'",
      "2:31: expected ',' or ']'",
    ],
    [
      lines("{ 'struct': 'Aa', 'data': {", '##', '# @Bb:', '##', "{ 'struct': 'Bb', 'data': {} }"),
      "2:1: expected string or '}'",
    ],
    [lines("{ 'struct': 'Aa', 'data': {}, ## not documentation", '}'), '1:31: expected string'],
    [
      "{ 'struct': 'Aa', 'if': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': { 'not': 'X' } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } } }, 'data': {} }",
      '1:916: nested deeper than 100 levels',
    ],
    [
      "{ 'enum': 'Aa', 'data': [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] }",
      '1:124: nested deeper than 100 levels',
    ],
  ]);
});
