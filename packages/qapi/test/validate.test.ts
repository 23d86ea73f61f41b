/** Validation of definitions and names (qemu-ga §10.4, §10.5). */
import { describe } from 'node:test';
import { lines, testErrors } from './support.js';

describe('validation of a definition', () => {
  testErrors([
    [
      '{}',
      "1:1: expression must have exactly one key 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
    ],
    [
      "{ 'data': {} }",
      "1:1: expression must have exactly one key 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
    ],
    [
      "{ 'struct': 'Aa', 'enum': 'Bb', 'data': {} }",
      "1:3: expression must have exactly one key 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
    ],
    ["{ 'struct': [], 'data': {} }", "1:13: 'struct' requires a string name"],
    ["{ 'command': true }", "1:14: 'command' requires a string name"],
    ["{ 'event': {} }", "1:12: 'event' requires a string name"],
    ["{ 'enum': 'Ee' }", "1:1: enum misses key 'data'"],
    ["{ 'struct': 'Ss' }", "1:1: struct misses key 'data'"],
    ["{ 'union': 'Uu', 'data': {}, 'base': {} }", "1:1: union misses key 'discriminator'"],
    ["{ 'alternate': 'Aa' }", "1:1: alternate misses key 'data'"],
    ["{ 'union': 'Uu' }", "1:1: union misses keys 'base', 'data', 'discriminator'"],
    [
      "{ 'struct': 'Ss', 'data': {}, 'x': 'y' }",
      "1:31: struct has unknown key 'x'\nValid keys are 'base', 'data', 'features', 'if', 'struct'.",
    ],
    [
      "{ 'command': 'c', 'zz': 'y', 'aa': 'b' }",
      "1:19: command has unknown keys 'aa', 'zz'\nValid keys are 'allow-oob', 'allow-preconfig', 'boxed', 'command', 'coroutine', 'data', 'features', 'gen', 'if', 'returns', 'success-response'.",
    ],
    [
      "{ 'event': 'EV', 'returns': 'int' }",
      "1:18: event has unknown key 'returns'\nValid keys are 'boxed', 'data', 'event', 'features', 'if'.",
    ],
    [
      "{ 'enum': 'Ee', 'data': [], 'base': 'Ss' }",
      "1:29: enum has unknown key 'base'\nValid keys are 'data', 'enum', 'features', 'if', 'prefix'.",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'int' }, 'base': 'Ss' }",
      "1:46: alternate has unknown key 'base'\nValid keys are 'alternate', 'data', 'features', 'if'.",
    ],
    [
      "{ 'union': 'Uu', 'base': {}, 'discriminator': 'k', 'data': {}, 'boxed': true }",
      "1:47: discriminator 'k' is not a member of 'base'",
      "1:64: union has unknown key 'boxed'\nValid keys are 'base', 'data', 'discriminator', 'features', 'if', 'union'.",
    ],
    ["{ 'struct': 'Ss', 'data': [] }", "1:27: 'data' should be an object or type name"],
    ["{ 'struct': 'Ss', 'data': 'Tt' }", "1:27: 'data' should be an object or type name"],
    ["{ 'struct': 'Ss', 'data': {}, 'base': {} }", "1:39: 'base' should be a type name"],
    ["{ 'struct': 'Ss', 'data': { 'a': true } }", "1:34: 'data' member 'a' should be a type name or array"],
    [
      "{ 'struct': 'Ss', 'data': { 'a': [] } }",
      "1:34: 'data' member 'a': array type must contain single type name",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a': ['int', 'str'] } }",
      "1:34: 'data' member 'a': array type must contain single type name",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a': [['int']] } }",
      "1:34: 'data' member 'a': array type must contain single type name",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a': [ {} ] } }",
      "1:34: 'data' member 'a': array type must contain single type name",
    ],
    ["{ 'struct': 'Ss', 'data': { 'a': {} } }", "1:34: 'data' member 'a' misses key 'type'"],
    [
      "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'colour': 'red' } } }",
      "1:51: 'data' member 'a' has unknown key 'colour'\nValid keys are 'features', 'if', 'type'.",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a': { 'type': { 'b': 'int' } } } }",
      "1:44: 'data' member 'a' should be a type name or array",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a': { 'type': true } } }",
      "1:44: 'data' member 'a' should be a type name or array",
    ],
    [
      "{ 'struct': 'Ss', 'data': { '*a': 'int', 'b': { 'type': ['str'], 'if': 'X', 'features': [ 'f', { 'name': 'g', 'if': 'Y' } ] } } }",
    ],
    ["{ 'enum': 'Ee', 'data': {} }", "1:25: 'data' must be an array"],
    ["{ 'enum': 'Ee', 'data': [ true ] }", "1:27: 'data' member requires a string name"],
    ["{ 'enum': 'Ee', 'data': [ {} ] }", "1:27: 'data' member misses key 'name'"],
    ["{ 'enum': 'Ee', 'data': [ { 'name': [] } ] }", "1:37: 'data' member requires a string name"],
    [
      "{ 'enum': 'Ee', 'data': [ { 'name': 'a', 'x': 'y' } ] }",
      "1:42: 'data' member has unknown key 'x'\nValid keys are 'features', 'if', 'name'.",
    ],
    ["{ 'enum': 'Ee', 'data': [], 'prefix': [] }", "1:39: 'prefix' must be a string"],
    ["{ 'enum': 'Ee', 'data': [ '1', '2-a', 'q' ], 'prefix': 'X' }"],
    ["{ 'enum': 'Ee', 'data': [ '' ] }", "1:27: 'data' member '' has an invalid name"],
    [
      "{ 'union': 'Uu', 'base': [], 'discriminator': 'k', 'data': {} }",
      "1:26: 'base' should be an object or type name",
    ],
    [
      "{ 'union': 'Uu', 'base': {}, 'discriminator': [], 'data': {} }",
      "1:47: 'discriminator' requires a string name",
    ],
    ["{ 'union': 'Uu', 'base': {}, 'discriminator': 'k', 'data': [] }", "1:60: 'data' must be an object"],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'QType' }, 'discriminator': 'k', 'data': { 'none': ['str'] } }",
      "1:84: 'data' member 'none' should be a type name",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'QType' }, 'discriminator': 'k', 'data': { 'none': {} } }",
      "1:84: 'data' member 'none' misses key 'type'",
    ],
    [
      lines(
        "{ 'union': 'Uu', 'base': { 'k': 'QType' }, 'discriminator': 'k', 'data': { 'none': { 'type': 'Ss', 'features': [] } } }",
        "{ 'struct': 'Ss', 'data': {} }",
      ),
      "1:100: 'data' member 'none' has unknown key 'features'\nValid keys are 'if', 'type'.",
    ],
    ["{ 'alternate': 'Aa', 'data': {} }", "1:30: 'data' must not be empty"],
    ["{ 'alternate': 'Aa', 'data': [] }", "1:30: 'data' must not be empty"],
    ["{ 'alternate': 'Aa', 'data': [ 'a' ] }", "1:30: 'data' must be an object"],
    ["{ 'alternate': 'Aa', 'data': 'x' }", "1:30: 'data' must be an object"],
    [
      "{ 'alternate': 'Aa', 'data': { 'BC': 'int' } }",
      "1:32: name of 'data' member 'BC' must not use uppercase or '_'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'b': true } }",
      "1:37: 'data' member 'b' should be a type name or array",
    ],
    ["{ 'command': 'c', 'data': [] }", "1:27: 'data' should be an object or type name"],
    ["{ 'command': 'c', 'data': true }", "1:27: 'data' should be an object or type name"],
    [
      "{ 'command': 'c', 'data': { 'a': [] } }",
      "1:34: 'data' member 'a': array type must contain single type name",
    ],
    ["{ 'command': 'c', 'returns': {} }", "1:30: 'returns' should be a type name or array"],
    ["{ 'command': 'c', 'returns': [] }", "1:30: 'returns': array type must contain single type name"],
    ["{ 'command': 'c', 'returns': true }", "1:30: 'returns' should be a type name or array"],
    ["{ 'command': 'c', 'boxed': true }", "1:19: 'boxed': true requires 'data'"],
    ["{ 'command': 'c', 'boxed': true, 'data': {} }", "1:42: 'data' should be a type name"],
    ["{ 'event': 'EV', 'boxed': true }", "1:18: 'boxed': true requires 'data'"],
    ["{ 'event': 'EV', 'boxed': true, 'data': { 'a': 'int' } }", "1:41: 'data' should be a type name"],
    ["{ 'command': 'c', 'boxed': false }", "1:28: flag 'boxed' may only use true value"],
    ["{ 'command': 'c', 'gen': true }", "1:26: flag 'gen' may only use false value"],
    [
      "{ 'command': 'c', 'success-response': 'no' }",
      "1:39: flag 'success-response' may only use false value",
    ],
    ["{ 'command': 'c', 'allow-oob': false }", "1:32: flag 'allow-oob' may only use true value"],
    ["{ 'command': 'c', 'allow-preconfig': 'yes' }", "1:38: flag 'allow-preconfig' may only use true value"],
    ["{ 'command': 'c', 'coroutine': [] }", "1:32: flag 'coroutine' may only use true value"],
    [
      "{ 'command': 'c', 'coroutine': true, 'allow-oob': true }",
      "1:19: flags 'allow-oob' and 'coroutine' are incompatible",
    ],
    ["{ 'struct': 'Ss', 'data': {}, 'features': 'f' }", "1:43: 'features' must be an array"],
    [
      "{ 'struct': 'Ss', 'data': {}, 'features': [ true ] }",
      "1:45: 'features' member requires a string name",
    ],
    ["{ 'struct': 'Ss', 'data': {}, 'features': [ {} ] }", "1:45: 'features' member misses key 'name'"],
    [
      "{ 'struct': 'Ss', 'data': {}, 'features': [ { 'name': [] } ] }",
      "1:55: 'features' member requires a string name",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'features': [ { 'name': 'f', 'x': true } ] }",
      "1:60: 'features' member has unknown key 'x'\nValid keys are 'if', 'name'.",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'features': [ 'FG' ] }",
      "1:45: name of 'features' member 'FG' must not use uppercase or '_'",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'features': [ { 'name': 'f', 'if': [] } ] }",
      "1:66: 'if' condition of 'features' member 'f' must be a string or an object",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': 'a b' }",
      "1:37: 'if' condition 'a b' of struct is not a valid identifier",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': '' }",
      "1:37: 'if' condition '' of struct is not a valid identifier",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': [] }",
      "1:37: 'if' condition of struct must be a string or an object",
    ],
    ["{ 'command': 'c', 'if': true }", "1:25: 'if' condition of command must be a string or an object"],
    ["{ 'struct': 'Ss', 'data': {}, 'if': {} }", "1:37: 'if' condition of struct has conflicting keys"],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': { 'x': 'X' } }",
      "1:39: 'if' condition of struct has unknown key 'x'\nValid keys are 'all', 'any', 'not'.",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': { 'all': ['X'], 'not': 'Y' } }",
      "1:37: 'if' condition of struct has conflicting keys",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': { 'all': 'X' } }",
      "1:46: 'all' condition of struct must be an array",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': { 'any': {} } }",
      "1:46: 'any' condition of struct must be an array",
    ],
    ["{ 'struct': 'Ss', 'data': {}, 'if': { 'any': [] } }", "1:46: 'if' condition [] of struct is useless"],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': { 'not': '1' } }",
      "1:46: 'if' condition '1' of struct is not a valid identifier",
    ],
    [
      "{ 'enum': 'Ee', 'data': [ { 'name': 'a', 'if': [] } ] }",
      "1:48: 'if' condition of 'data' member 'a' must be a string or an object",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'if': 'a' } } }",
      "1:57: 'if' condition 'a' of 'data' member 'a' is not a valid identifier",
    ],
    [
      "{ 'struct': 'Ss', 'data': {}, 'if': { 'all': [ { 'any': [ 'X', 'Y_1' ] }, { 'not': { 'not': 'W' } } ] } }",
    ],
    ["{ 'struct': '_S', 'data': {} }", '1:13: struct has an invalid name'],
    ["{ 'struct': '', 'data': {} }", '1:13: struct has an invalid name'],
    ["{ 'struct': 'foo', 'data': {} }", '1:13: name of struct must use CamelCase'],
    ["{ 'struct': 'FOO', 'data': {} }", '1:13: name of struct must use CamelCase'],
    ["{ 'struct': 'Foo-Bar', 'data': {} }", '1:13: name of struct must use CamelCase'],
    ["{ 'enum': 'FooList', 'data': [] }", "1:11: enum name should not end in 'List'"],
    ["{ 'struct': '__org.x_Foo', 'data': {} }"],
    ["{ 'command': 'q-a' }", '1:14: command has an invalid name'],
    ["{ 'command': 'q_a' }", '1:14: command has an invalid name'],
    ["{ 'command': 'aB' }", "1:14: name of command must not use uppercase or '_'"],
    ["{ 'command': 'a_b' }", "1:14: name of command must not use uppercase or '_'"],
    ["{ 'command': '1a' }", '1:14: command has an invalid name'],
    ["{ 'command': '__org.x_x-a-1' }"],
    ["{ 'event': 'foo' }", "1:12: name of event must not use lowercase or '-'"],
    ["{ 'event': 'FOO-BAR' }", "1:12: name of event must not use lowercase or '-'"],
    ["{ 'event': 'FOO_BAR' }"],
    [
      "{ 'struct': 'Ss', 'data': { 'AB': 'int' } }",
      "1:29: name of 'data' member 'AB' must not use uppercase or '_'",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a_b': 'int' } }",
      "1:29: name of 'data' member 'a_b' must not use uppercase or '_'",
    ],
    ["{ 'struct': 'Ss', 'data': { '*': 'int' } }", "1:29: 'data' member '*' has an invalid name"],
    ["{ 'struct': 'Ss', 'data': { 'q-x': 'int' } }", "1:29: 'data' member 'q-x' has an invalid name"],
    ["{ 'struct': 'Ss', 'data': { 'u': 'int' } }", "1:29: 'data' member 'u' uses reserved name"],
    ["{ 'struct': 'Ss', 'data': { '*u': 'int' } }", "1:29: 'data' member '*u' uses reserved name"],
    ["{ 'struct': 'Ss', 'data': { 'has-x': 'int' } }", "1:29: 'data' member 'has-x' uses reserved name"],
    [
      "{ 'struct': 'Ss', 'data': { 'has_x': 'int' } }",
      "1:29: name of 'data' member 'has_x' must not use uppercase or '_'",
    ],
    ["{ 'struct': 'Ss', 'data': { 'has': 'int' } }"],
    ["{ 'struct': 'Ss', 'data': { '1': 'int' } }", "1:29: 'data' member '1' has an invalid name"],
    ["{ 'enum': 'Ee', 'data': [ 'AB' ] }", "1:27: name of 'data' member 'AB' must not use uppercase or '_'"],
    [
      "{ 'enum': 'Ee', 'data': [ 'a_b' ] }",
      "1:27: name of 'data' member 'a_b' must not use uppercase or '_'",
    ],
    ["{ 'enum': 'Ee', 'data': [ '-a' ] }", "1:27: 'data' member '-a' has an invalid name"],
    ["{ 'struct': 'Ss', 'data': { 'constructor': 'int', 'prototype': 'str', 'to-string': 'str' } }"],
    [
      "{ 'struct': 'Aa', 'data': { 'BC': true, 'c': [] }, 'if': '', 'features': {} }",
      "1:29: name of 'data' member 'BC' must not use uppercase or '_'",
      "1:35: 'data' member 'BC' should be a type name or array",
      "1:46: 'data' member 'c': array type must contain single type name",
      "1:58: 'if' condition '' of struct is not a valid identifier",
      "1:74: 'features' must be an array",
    ],
  ]);
});
