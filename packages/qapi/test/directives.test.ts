/** Includes and pragmas (qemu-ga §10.3). */
import { describe } from 'node:test';
import { lines, testErrors } from './support.js';

describe('directive', () => {
  testErrors([
    ["{ 'include': 'a.json', 'x': 'y' }", "1:1: invalid 'include' directive"],
    ["{ 'include': [] }", "1:14: value of 'include' must be a string"],
    [
      "{ 'include': 'nothing.json' }",
      "1:1: can't read include file 'nothing.json': No such file or directory",
    ],
    ["{ 'include': 'main.json' }", '1:14: inclusion loop for main.json'],
    ["{ 'pragma': {}, 'x': 'y' }", "1:1: invalid 'pragma' directive"],
    ["{ 'pragma': [] }", "1:13: value of 'pragma' must be an object"],
    ["{ 'pragma': { 'x': true } }", "1:15: unknown pragma 'x'"],
    ["{ 'pragma': { 'constructor': [] } }", "1:15: unknown pragma 'constructor'"],
    ["{ 'pragma': { 'doc-required': 'yes' } }", "1:31: pragma 'doc-required' must be boolean"],
    [
      "{ 'pragma': { 'command-name-exceptions': 'a' } }",
      '1:42: pragma command-name-exceptions must be a list of strings',
    ],
    [
      "{ 'pragma': { 'command-returns-exceptions': [ true ] } }",
      '1:45: pragma command-returns-exceptions must be a list of strings',
    ],
    [
      "{ 'pragma': { 'documentation-exceptions': {} } }",
      '1:43: pragma documentation-exceptions must be a list of strings',
    ],
    [
      "{ 'pragma': { 'member-name-exceptions': [ [] ] } }",
      '1:41: pragma member-name-exceptions must be a list of strings',
    ],
    [
      lines("{ 'pragma': { 'doc-required': true } }", "{ 'struct': 'Ss', 'data': {} }"),
      '2:13: documentation comment required',
    ],
    ["{ 'command': 'a_b' }", "1:14: name of command must not use uppercase or '_'"],
    [lines("{ 'pragma': { 'command-name-exceptions': ['a_b'] } }", "{ 'command': 'a_b' }")],
    [lines("{ 'command': 'a_b' }", "{ 'pragma': { 'command-name-exceptions': ['a_b'] } }")],
    [
      lines(
        "{ 'pragma': { 'command-name-exceptions': ['a_b'] } }",
        "{ 'pragma': { 'command-name-exceptions': ['c_d'] } }",
        "{ 'command': 'a_b' }",
      ),
      "3:14: name of command must not use uppercase or '_'",
    ],
    [lines("{ 'pragma': { 'command-returns-exceptions': ['a'] } }", "{ 'command': 'a', 'returns': 'int' }")],
    [
      lines(
        "{ 'pragma': { 'member-name-exceptions': ['Aa', 'Ee'] } }",
        "{ 'struct': 'Aa', 'data': { 'b_C': 'int' } }",
        "{ 'enum': 'Ee', 'data': ['A_b'] }",
      ),
    ],
  ]);
});
