import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { suggestion } from '../src/diagnostics/suggest.js';
import { compileText } from './support.js';

describe('suggestion', () => {
  const names = ['command', 'returns', 'int', 'str', 'Point'];
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['comand', 'command'],
    ['retruns', 'returns'],
    ['itn', 'int'],
    ['point', 'Point'],
    ['Piont', 'Point'],
    ['command', undefined],
    ['bool', undefined],
    ['x', undefined],
    ['', undefined],
  ];
  for (const [name, expected] of cases) {
    test(`returns ${expected} for '${name}'`, () => {
      const hint = suggestion(name, names);
      assert.equal(hint, expected && `did you mean '${expected}'?`);
    });
  }
});

const misspelt: readonly (readonly [string, string])[] = [
  ["{ 'comand': 'first' }", 'command'],
  ["{ 'command': 'second', 'retruns': 'Aa' }\n{ 'struct': 'Aa', 'data': {} }", 'returns'],
  ["{ 'struct': 'Point', 'data': {} }\n{ 'command': 'c', 'data': { 'p': 'Piont' } }", 'Point'],
  ["{ 'command': 'c', 'data': { 'p': 'itn' } }", 'int'],
];
for (const [text, name] of misspelt) {
  test(`the hint of an error has the suggestion '${name}'`, () => {
    assert.deepEqual(
      compileText(text).diagnostics.map(({ hint }) => hint),
      [`did you mean '${name}'?`],
    );
  });
}

test('the hint for a misspelt name in documentation has the name in the definition', () => {
  const text = "##\n# @Ss:\n#\n# @lenght: a\n##\n{ 'struct': 'Ss', 'data': { 'length': 'int' } }";
  const unknown = compileText(text).diagnostics.find(({ code }) => code === 'doc-entry-unknown');
  assert.equal(unknown?.hint, "did you mean 'length'?");
});
