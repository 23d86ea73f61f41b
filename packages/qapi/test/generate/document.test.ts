import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Document,
  group,
  hardLine,
  indent,
  join,
  joinLines,
  layout,
  line,
} from '../../src/generate/printer/document.js';
import { array, object, property } from '../../src/generate/printer/literals.js';
import { importType, importValue, typeScriptFile } from '../../src/generate/printer/typescript-file.js';

function print(document: Document, width = 20) {
  return layout(document, width, ({ name }) => name);
}

test('layout keeps a group on its line if it fits, to the last column', () => {
  const list = array(['a', 'b', 'c']);
  assert.equal(print(list, 9), '[a, b, c]');
  assert.equal(print(list, 8), '[\n  a,\n  b,\n  c,\n]');
});

test('layout includes the text after a group in its length', () => {
  assert.equal(print([array(['a', 'b']), ';;;'], 9), '[a, b];;;');
  assert.equal(print([array(['a', 'b']), ';;;;'], 9), '[\n  a,\n  b,\n];;;;');
});

test('layout breaks the outer group first', () => {
  const nested = object([property('a', array(['1', '2'])), property('b', array(['3', '4']))]);
  assert.equal(print(nested, 20), '{\n  a: [1, 2],\n  b: [3, 4],\n}');
});

test('layout breaks all groups around a hard line, without trailing spaces', () => {
  assert.equal(print(group(['a', indent([line, 'b', hardLine, hardLine, 'c'])]), 80), 'a\n  b\n\n  c');
  assert.equal(print(join(['a', 'b'], ', ')), 'a, b');
});

test('joinLines lays lines out as join does with hard lines', () => {
  const lines = ['/**', ' * a', ' */'] as const;
  const around = (comment: Document) =>
    group([array(['x', 'y']), indent([line, comment, line, array(['z'])])]);
  assert.equal(print(around(joinLines(lines))), print(around(join(lines, hardLine))));
  assert.equal(print(around(joinLines(lines)), 6), print(around(join(lines, hardLine)), 6));
});

test('typeScriptFile derives imports: types separate, values with types, declared names first', () => {
  const file = typeScriptFile('x.ts');
  file.declare('Taken');
  file.print(['use(', importValue('value', './b.js'), importType('Type', './b.js'), ');']);
  file.print([
    importType('Taken', '../a.js'),
    importType('OnlyType', 'package'),
    importType('value', './b.js'),
  ]);
  assert.equal(
    file.render('Header.'),
    `// Header.

import type { OnlyType } from 'package';
import type { Taken as Taken$1 } from '../a.js';
import { type Type, value } from './b.js';

use(valueType);

Taken$1OnlyTypevalue
`,
  );
});
