/** Semantic checks: types, unions, alternates, payloads, collisions (qemu-ga §10.4, §10.5). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileText, lines, messagesOf, testErrors } from './support.js';

test('resolveProgram accepts types nested 100 levels deep and rejects 101', () => {
  const chain = (length: number): string =>
    Array.from(
      { length },
      (_, index) => `{ 'struct': 'Level${index}', 'base': 'Level${index + 1}', 'data': {} }`,
    )
      .concat(`{ 'struct': 'Level${length}', 'data': {} }`)
      .join('\n');
  assert.deepEqual(messagesOf(compileText(chain(99))), []);
  assert.deepEqual(messagesOf(compileText(chain(100))), [
    '1:13: object Level0 contains types nested deeper than 100 levels',
  ]);
  const basesFirst = chain(100).split('\n').reverse().join('\n');
  assert.deepEqual(messagesOf(compileText(basesFirst)), [
    '101:13: object Level0 contains types nested deeper than 100 levels',
  ]);
});

test('resolveProgram rejects more than 500,000 members, with inherited ones counted in each type', () => {
  const members = Array.from({ length: 1000 }, (_, index) => `'m${index}': 'int'`).join(', ');
  const heirs = (count: number): string =>
    lines(
      `{ 'struct': 'Base', 'data': { ${members} } }`,
      ...Array.from(
        { length: count },
        (_, index) => `{ 'struct': 'Heir${index}', 'base': 'Base', 'data': {} }`,
      ),
    );
  assert.deepEqual(messagesOf(compileText(heirs(499))), []);
  assert.deepEqual(messagesOf(compileText(heirs(600))), [
    '501:13: Maximum of 500000 members is permitted, those of bases included',
  ]);
});

describe('semantic check', () => {
  testErrors([
    [
      lines("{ 'struct': 'Ss', 'data': {} }", "{ 'struct': 'Ss', 'data': {} }"),
      "2:13: 'Ss' is already defined",
    ],
    [lines("{ 'command': 'c' }", "{ 'command': 'c' }"), "2:14: 'c' is already defined"],
    [
      lines("{ 'struct': 'Foo', 'data': {} }", "{ 'enum': 'Foo', 'data': [] }"),
      "2:11: 'Foo' is already defined",
    ],
    ["{ 'command': 'int' }", "1:14: built-in type 'int' is already defined"],
    ["{ 'enum': 'QType', 'data': [] }", "1:11: enum type 'QType' is already defined"],
    ["{ 'struct': 'Ss', 'data': { 'a': 'Tt' } }", "1:34: member 'a' uses unknown type 'Tt'"],
    ["{ 'struct': 'Ss', 'data': { 'a': ['Tt'] } }", "1:34: struct uses unknown type 'Tt'"],
    [
      "{ 'struct': 'Ss', 'data': { 'a': 'constructor' } }",
      "1:34: member 'a' uses unknown type 'constructor'",
    ],
    ["{ 'struct': 'Ss', 'data': { 'a': '__proto__' } }", "1:34: member 'a' uses unknown type '__proto__'"],
    ["{ 'command': 'c', 'data': { 'a': 'Tt' } }", "1:34: parameter 'a' uses unknown type 'Tt'"],
    ["{ 'command': 'c', 'data': 'Tt' }", "1:27: command's 'data' uses unknown type 'Tt'"],
    ["{ 'command': 'c', 'returns': 'Tt' }", "1:30: command's 'returns' uses unknown type 'Tt'"],
    ["{ 'command': 'c', 'returns': ['Tt'] }", "1:30: command uses unknown type 'Tt'"],
    ["{ 'event': 'EV', 'data': 'Tt' }", "1:26: event's 'data' uses unknown type 'Tt'"],
    ["{ 'event': 'EV', 'data': { 'a': ['Tt'] } }", "1:33: event uses unknown type 'Tt'"],
    ["{ 'struct': 'Ss', 'base': 'Tt', 'data': {} }", "1:27: 'base' uses unknown type 'Tt'"],
    ["{ 'alternate': 'Aa', 'data': { 'b': 'Tt' } }", "1:37: branch 'b' uses unknown type 'Tt'"],
    [
      "{ 'union': 'Uu', 'base': 'Tt', 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }",
      "1:26: 'base' uses unknown type 'Tt'",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Tt' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:78: branch 'x' uses unknown type 'Tt'",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Tt' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }",
      "1:33: base member 'k' uses unknown type 'Tt'",
    ],
    [
      lines("{ 'struct': 'Ss', 'data': { 'a': 'c' } }", "{ 'command': 'c' }"),
      "1:34: member 'a' uses unknown type 'c'",
    ],
    [
      "{ 'struct': 'Ss', 'base': 'int', 'data': {} }",
      "1:27: 'base' requires a struct type, built-in type 'int' isn't",
    ],
    [
      lines("{ 'struct': 'Ss', 'base': 'Ee', 'data': {} }", "{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }"),
      "1:27: 'base' requires a struct type, enum type 'Ee' isn't",
    ],
    [
      lines(
        "{ 'struct': 'Bb', 'base': 'Uu', 'data': {} }",
        "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }",
        "{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
        "{ 'struct': 'Ss', 'data': {} }",
      ),
      "1:27: 'base' requires a struct type, union type 'Uu' isn't",
    ],
    [
      "{ 'union': 'Uu', 'base': 'Uu', 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }",
      "1:26: 'base' requires a struct type, union type 'Uu' isn't",
    ],
    [
      "{ 'union': 'Uu', 'base': 'Ee', 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:26: 'base' requires a struct type, enum type 'Ee' isn't",
    ],
    ["{ 'struct': 'Ss', 'base': 'Ss', 'data': {} }", '1:13: object Ss contains itself'],
    [
      lines("{ 'struct': 'Aa', 'base': 'Bb', 'data': {} }", "{ 'struct': 'Bb', 'base': 'Aa', 'data': {} }"),
      '1:13: object Aa contains itself',
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Uu' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      '1:12: object Uu contains itself',
    ],
    ["{ 'struct': 'Ss', 'data': { '*s': 'Ss', 'l': ['Ss'] } }"],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'j', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:58: discriminator 'j' is not a member of 'base'",
    ],
    [
      "{ 'union': 'Uu', 'base': {}, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }",
      "1:47: discriminator 'k' is not a member of 'base'",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'str' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }",
      "1:59: discriminator member 'k' of 'base' must be of enum type",
    ],
    [
      "{ 'union': 'Uu', 'base': { '*k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:59: discriminator member 'k' of 'base' must not be optional",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': { 'type': 'Ee', 'if': 'X' } }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:81: discriminator member 'k' of 'base' must not be conditional",
    ],
    [
      "{ 'union': 'Uu', 'base': { '*k': 'Ee' }, 'discriminator': '*k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:59: discriminator '*k' is not a member of 'base'",
    ],
    [
      lines(
        "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }",
        "{ 'struct': 'Bb', 'data': { 'k': 'int' } }",
      ),
      "1:49: discriminator member 'k' of base type 'Bb' must be of enum type",
    ],
    [
      lines(
        "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
        "{ 'struct': 'Bb', 'base': 'Cc', 'data': {} }",
        "{ 'struct': 'Cc', 'data': { '*k': 'Ee' } }",
      ),
      "1:49: discriminator member 'k' of base type 'Cc' must not be optional",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'z': 'Ss' } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:73: branch 'z' is not a value of enum type 'Ee'",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'int' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:78: branch 'x' cannot use built-in type 'int'",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Ee' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:78: branch 'x' cannot use enum type 'Ee'",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Nn' }, 'discriminator': 'k', 'data': {  } }{ 'enum': 'Nn', 'data': [] }",
      '1:12: union has no branches',
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': {  } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
    ],
    [
      lines(
        "{ 'union': 'Uu', 'base': { 'k': 'Ee', 'a': 'int' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
      "1:85: member 'a' of type 'Ss' collides with base member 'a'",
    ],
    [
      lines(
        "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
        "{ 'struct': 'Bb', 'data': { 'k': 'Ee' } }",
        "{ 'struct': 'Ss', 'data': { 'k': 'int' } }",
      ),
      "1:64: member 'k' of type 'Ss' collides with member 'k' of type 'Bb'",
    ],
    [
      "{ 'struct': 'Ss', 'data': { 'a-b': 'int', 'a.b': 'int' } }",
      "1:43: 'data' member 'a.b' has an invalid name",
      "1:43: member 'a.b' collides with member 'a-b'",
    ],
    [
      lines(
        "{ 'pragma': { 'member-name-exceptions': ['Ss'] } }",
        "{ 'struct': 'Ss', 'data': { 'a-b': 'int', 'a_b': 'int' } }",
      ),
      "2:43: member 'a_b' collides with member 'a-b'",
    ],
    [
      lines(
        "{ 'struct': 'Ss', 'base': 'Bb', 'data': { 'a': 'int' } }",
        "{ 'struct': 'Bb', 'data': { 'a': 'int' } }",
      ),
      "1:43: member 'a' collides with member 'a' of type 'Bb'",
    ],
    [
      lines(
        "{ 'struct': 'Ss', 'base': 'Bb', 'data': { 'a': 'int' } }",
        "{ 'struct': 'Bb', 'base': 'Cc', 'data': {} }",
        "{ 'struct': 'Cc', 'data': { '*a': 'int' } }",
      ),
      "1:43: member 'a' collides with member 'a' of type 'Cc'",
    ],
    ["{ 'struct': 'Ss', 'data': { 'a': 'int', '*a': 'int' } }", "1:41: member 'a' collides with member 'a'"],
    [
      "{ 'command': 'c', 'data': { 'a': 'int', '*a': 'int' } }",
      "1:41: parameter 'a' collides with parameter 'a'",
    ],
    [
      "{ 'union': 'Uu', 'base': { 'k': 'Ee', '*k': 'Ee' }, 'discriminator': 'k', 'data': {  } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:39: base member 'k' collides with base member 'k'",
    ],
    ["{ 'enum': 'Ee', 'data': [ 'a', 'b', 'a' ] }", "1:37: value 'a' collides with value 'a'"],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'a-': 'str' } }",
      "1:44: branch 'a-' can't be distinguished from 'a'",
    ],
    ["{ 'struct': 'Ss', 'data': {}, 'features': ['f', 'f'] }", "1:49: feature 'f' collides with feature 'f'"],
    [
      "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'features': ['f', 'f'] } } }",
      "1:69: feature 'f' collides with feature 'f'",
    ],
    ["{ 'alternate': 'Aa', 'data': { 'b': 'any' } }", "1:37: branch 'b' cannot use built-in type 'any'"],
    [
      lines("{ 'alternate': 'Aa', 'data': { 'b': 'Bb' } }", "{ 'alternate': 'Bb', 'data': { 'c': 'int' } }"),
      "1:37: branch 'b' cannot use alternate type 'Bb'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'number' } }",
      "1:44: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'str' } }",
      "1:44: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'str', 'b': 'bool' } }",
      "1:44: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'str', 'b': 'Ee' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
      "1:44: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'Ss', 'b': 'Tt' } }{ 'struct': 'Ss', 'data': {} }{ 'struct': 'Tt', 'data': {} }",
      "1:43: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': ['int'], 'b': ['str'] } }",
      "1:46: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'bool', 'b': 'Ee' } }{ 'enum': 'Ee', 'data': ['on'] }",
      "1:45: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'Ee', 'b': 'int' } }{ 'enum': 'Ee', 'data': ['1st'] }",
      "1:43: branch 'b' can't be distinguished from 'a'",
    ],
    [
      "{ 'alternate': 'Aa', 'data': { 'a': 'Ee', 'b': 'int', 'c': 'bool', 'd': 'null', 'e': 'Ss', 'f': ['int'] } }{ 'struct': 'Ss', 'data': {} }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }",
    ],
    ["{ 'alternate': 'Aa', 'data': { 'a': 'str', 'b': 'null', 'c': 'Ss' } }{ 'struct': 'Ss', 'data': {} }"],
    ["{ 'command': 'c', 'data': 'int' }", "1:27: command's 'data' cannot take built-in type 'int'"],
    [
      lines("{ 'command': 'c', 'data': 'Aa' }", "{ 'alternate': 'Aa', 'data': { 'b': 'int' } }"),
      "1:27: command's 'data' cannot take alternate type 'Aa'",
    ],
    [
      lines("{ 'command': 'c', 'data': 'Ee', 'boxed': true }", "{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }"),
      "1:27: command's 'data' cannot take enum type 'Ee'",
    ],
    ["{ 'event': 'EV', 'data': 'str' }", "1:26: event's 'data' cannot take built-in type 'str'"],
    [
      lines(
        "{ 'command': 'c', 'data': 'Uu' }",
        "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }{ 'struct': 'Ss', 'data': {} }",
      ),
      "1:27: command's 'data' can take union type 'Uu' only with 'boxed': true",
    ],
    [
      lines(
        "{ 'event': 'EV', 'data': 'Uu' }",
        "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }{ 'struct': 'Ss', 'data': {} }",
      ),
      "1:26: event's 'data' can take union type 'Uu' only with 'boxed': true",
    ],
    [
      lines(
        "{ 'command': 'c', 'data': 'Uu', 'boxed': true }",
        "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Ss' } }{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }{ 'struct': 'Ss', 'data': {} }",
      ),
    ],
    [
      "{ 'command': 'c', 'data': { 'a': { 'type': 'int', 'if': 'X' } } }",
      "1:27: conditional command arguments require 'boxed': true",
    ],
    [
      lines(
        "{ 'command': 'c', 'data': 'Ss' }",
        "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'if': 'X' } } }",
      ),
      "1:27: conditional command arguments require 'boxed': true",
    ],
    [
      lines(
        "{ 'command': 'c', 'data': 'Sub' }",
        "{ 'struct': 'Sub', 'base': 'Ss', 'data': {} }",
        "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'if': 'X' } } }",
      ),
      "1:27: conditional command arguments require 'boxed': true",
    ],
    [
      "{ 'event': 'EV', 'data': { 'a': { 'type': 'int', 'if': 'X' } } }",
      "1:26: conditional event arguments require 'boxed': true",
    ],
    [
      lines(
        "{ 'command': 'c', 'boxed': true, 'data': 'Ss' }",
        "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'if': 'X' } } }",
      ),
    ],
    ["{ 'command': 'c', 'returns': 'int' }", "1:30: command's 'returns' cannot take built-in type 'int'"],
    ["{ 'command': 'c', 'returns': ['int'] }", "1:30: command's 'returns' cannot take array type ['int']"],
    [
      lines("{ 'command': 'c', 'returns': 'Ee' }", "{ 'enum': 'Ee', 'data': [ 'x', 'y' ] }"),
      "1:30: command's 'returns' cannot take enum type 'Ee'",
    ],
    [
      lines("{ 'command': 'c', 'returns': 'Aa' }", "{ 'alternate': 'Aa', 'data': { 'b': 'int' } }"),
      "1:30: command's 'returns' cannot take alternate type 'Aa'",
    ],
    [lines("{ 'command': 'c', 'returns': ['Ss'] }", "{ 'struct': 'Ss', 'data': {} }")],
    [
      "{ 'struct': 'Ss', 'data': {}, 'features': ['deprecated'] }",
      "1:44: feature 'deprecated' is not supported for types",
    ],
    [
      "{ 'enum': 'Ee', 'data': [], 'features': ['unstable'] }",
      "1:42: feature 'unstable' is not supported for types",
    ],
    ["{ 'command': 'c', 'features': ['deprecated', 'unstable'] }"],
    ["{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'features': ['deprecated'] } } }"],
    [
      "{ 'command': 'c', 'features': [ 'f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8', 'f9', 'f10', 'f11', 'f12', 'f13', 'f14', 'f15', 'f16', 'f17', 'f18', 'f19', 'f20', 'f21', 'f22', 'f23', 'f24', 'f25', 'f26', 'f27', 'f28', 'f29', 'f30', 'f31', 'f32', 'f33', 'f34', 'f35', 'f36', 'f37', 'f38', 'f39', 'f40', 'f41', 'f42', 'f43', 'f44', 'f45', 'f46', 'f47', 'f48', 'f49', 'f50', 'f51', 'f52', 'f53', 'f54', 'f55', 'f56', 'f57', 'f58', 'f59', 'f60', 'f61' ] }",
    ],
    [
      "{ 'command': 'c', 'features': [ 'f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8', 'f9', 'f10', 'f11', 'f12', 'f13', 'f14', 'f15', 'f16', 'f17', 'f18', 'f19', 'f20', 'f21', 'f22', 'f23', 'f24', 'f25', 'f26', 'f27', 'f28', 'f29', 'f30', 'f31', 'f32', 'f33', 'f34', 'f35', 'f36', 'f37', 'f38', 'f39', 'f40', 'f41', 'f42', 'f43', 'f44', 'f45', 'f46', 'f47', 'f48', 'f49', 'f50', 'f51', 'f52', 'f53', 'f54', 'f55', 'f56', 'f57', 'f58', 'f59', 'f60', 'f61', 'f62', 'f63' ] }",
      '1:457: Maximum of 64 schema features is permitted',
    ],
    [
      lines("{ 'struct': 'Aa', 'data': { 'x' } }", "{ 'struct': 'Bb', 'data': { 'a': 'Aa', 'l': ['Aa'] } }"),
      "1:33: expected ':'",
    ],
    [
      lines("{ 'type': 'Aa', 'data': {} }", "{ 'struct': 'Bb', 'base': 'Aa', 'data': {} }"),
      "1:3: expression must have exactly one key 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
    ],
    [
      lines("{ 'enum': 'Aa', 'data': {} }", "{ 'alternate': 'Zz', 'data': { 'a': 'Aa', 'b': 'int' } }"),
      "1:25: 'data' must be an array",
    ],
    [
      lines("{ 'include': 'lost.json' }", "{ 'struct': 'Ss', 'data': { 'a': 'Elsewhere' } }"),
      "1:1: can't read include file 'lost.json': No such file or directory",
    ],
    [
      lines("{ 'struct': 'Aa', 'data': [] }", "{ 'command': 'c', 'data': 'Aa', 'returns': 'Aa' }"),
      "1:27: 'data' should be an object or type name",
    ],
  ]);
});
