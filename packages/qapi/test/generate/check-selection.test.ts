import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSelection } from '../../src/generate/references.js';
import { select } from '../../src/generate/selection.js';
import { lines, schemaOf } from '../support.js';

const SCHEMA = schemaOf(
  lines(
    "{ 'struct': 'There', 'data': { 'x': 'int' }, 'if': 'CONFIG_T' }",
    "{ 'struct': 'Holds', 'data': { 'list': ['There'], 'ok': { 'type': 'There', 'if': 'CONFIG_T' } } }",
    "{ 'struct': 'Derived', 'base': 'There', 'data': {} }",
    "{ 'command': 'get', 'returns': 'There' }",
    "{ 'event': 'HAPPENED', 'data': 'There' }",
    "{ 'command': 'too', 'data': { 'arg': 'There' }, 'if': 'CONFIG_T' }",
  ),
);

test('checkSelection reports a part that needs a type that is left out, and the type', () => {
  assert.deepEqual(
    checkSelection(SCHEMA, select([])).map(({ message }) => message),
    [
      "member 'list' of struct 'Holds' needs type 'There', which is left out by its 'if' condition",
      "the base of struct 'Derived' needs type 'There', which is left out by its 'if' condition",
      "the return value of command 'get' needs type 'There', which is left out by its 'if' condition",
      "the 'data' of event 'HAPPENED' needs type 'There', which is left out by its 'if' condition",
    ],
  );
});

test('checkSelection reports nothing if the type is selected', () => {
  assert.deepEqual(checkSelection(SCHEMA, select(['CONFIG_T'])), []);
  assert.deepEqual(checkSelection(SCHEMA, select('all')), []);
});
