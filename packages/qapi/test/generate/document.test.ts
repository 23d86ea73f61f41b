import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Document,
  group,
  hardLine,
  indent,
  join,
  layout,
  line,
} from '../../src/generate/printer/document.js';
import { array, object, property } from '../../src/generate/printer/literals.js';
import { importType, importValue, typeScriptFile } from '../../src/generate/printer/typescript-file.js';

function print(document: Document, width = 20) {
  return layout(document, width, ({ name }) => name);
}

test('a group stays on its line if it fits, to the last column', () => {
  const list = array(['a', 'b', 'c']);
  assert.equal(print(list, 9), '[a, b, c]');
  assert.equal(print(list, 8), '[\n  a,\n  b,\n  c,\n]');
});

test('what follows a group on its line counts', () => {
  assert.equal(print([array(['a', 'b']), ';;;'], 9), '[a, b];;;');
  assert.equal(print([array(['a', 'b']), ';;;;'], 9), '[\n  a,\n  b,\n];;;;');
});

test('the outer group breaks first', () => {
  const nested = object([property('a', array(['1', '2'])), property('b', array(['3', '4']))]);
  assert.equal(print(nested, 20), '{\n  a: [1, 2],\n  b: [3, 4],\n}');
});

test('a line that must end breaks all groups around it, and leaves no space at line ends', () => {
  assert.equal(print(group(['a', indent([line, 'b', hardLine, hardLine, 'c'])]), 80), 'a\n  b\n\n  c');
  assert.equal(print(join(['a', 'b'], ', ')), 'a, b');
});

test('imports follow from what is printed: types apart, values with them, own names first', () => {
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
