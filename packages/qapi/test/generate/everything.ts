/** A schema with all of the language, and with names that could conflict in the generated code. */
import assert from 'node:assert/strict';
import { renderDiagnostic, type Schema } from '../../src/index.js';
import { compileFiles } from '../support.js';

const MAIN = `
{ 'pragma': { 'command-name-exceptions': [ 'device_add' ],
              'command-returns-exceptions': [ 'import', 'list-any', 'which' ] } }

##
# = Everything
#
# All of the language in one schema.  Not markup: <b>*</b> [x](y) | \`\`*/\`\`
##

{ 'include': 'sub/types.json' }
{ 'include': 'sub/odd name.d.json' }
{ 'include': 'descriptor.json' }

##
# @Shape:
#
# What has a form.  A comment cannot be ended by */ here, @Nested.
#
# @kind: which form it has
#
# @size: in bytes
#
# @parent: what it is part of
#
# Since: 1.0
##
{ 'union': 'Shape',
  'base': { 'kind': 'ShapeKind', '*size': 'size', '*parent': 'Shape' },
  'discriminator': 'kind',
  'data': { 'circle': 'Circle', 'disc': 'Circle', 'nothing': 'Empty', 'nested': 'Nested',
            'gone': { 'type': 'OnlyThere', 'if': 'CONFIG_THERE' } } }

{ 'enum': 'ShapeKind',
  'data': [ 'circle', 'disc', 'nothing', 'nested', 'plain', 'plainer',
            { 'name': 'gone', 'if': 'CONFIG_THERE' },
            { 'name': 'old', 'features': [ 'deprecated' ] } ] }

{ 'struct': 'Circle', 'data': { 'radius': 'number' } }
{ 'struct': 'Empty', 'data': {} }
{ 'struct': 'EmptyToo', 'base': 'Empty', 'data': {} }
{ 'struct': 'Full', 'base': 'EmptyToo', 'data': { 'class': 'str', 'with-dash': ['int8'] } }
{ 'enum': 'Never', 'data': [] }
{ 'struct': 'OnlyThere', 'data': { 'x': 'bool' }, 'if': 'CONFIG_THERE' }
{ 'struct': 'Tree', 'data': { 'children': ['Tree'], '*left': 'Tree', '*never': 'Never' } }

{ 'struct': 'NestedBase', 'data': { 'inner': 'InnerKind', '*note': 'str' } }
{ 'enum': 'InnerKind', 'data': [ 'a', 'b' ] }
{ 'union': 'Nested', 'base': 'NestedBase', 'discriminator': 'inner',
  'data': { 'a': 'Full' } }

{ 'alternate': 'TreeOrName', 'data': { 'tree': 'Tree', 'name': 'str', 'no': 'null', 'many': ['TreeOrName2'] } }
{ 'alternate': 'TreeOrName2', 'data': { 'number': 'int', 'name': 'ShapeKind' } }

{ 'struct': 'Text',
  'data': { 'data': { 'type': 'str', 'features': [ 'base64' ] },
            '*parts': { 'type': ['str'], 'features': [ 'base64' ] },
            '*there': { 'type': 'OnlyThere', 'if': 'CONFIG_THERE' },
            '*not-there': { 'type': 'any', 'if': { 'not': 'CONFIG_THERE' } },
            '*kind-of-json': 'QType' } }

{ 'command': 'delete', 'data': 'Shape', 'boxed': true, 'returns': 'Later' }
{ 'command': 'import', 'data': { '*a': 'uint64', '*b': 'Text' }, 'returns': ['str'] }
{ 'command': 'which', 'returns': 'ShapeKind', 'success-response': false,
  'features': [ 'unstable', { 'name': 'fast', 'if': 'CONFIG_THERE' } ] }
{ 'command': 'list-any', 'returns': ['any'], 'if': { 'any': [ 'CONFIG_THERE', { 'all': [ 'CONFIG_A', 'CONFIG_B' ] } ] } }
{ 'command': 'commands', 'data': {}, 'allow-oob': true, 'allow-preconfig': true }
{ 'command': 'builtin', 'data': 'Empty' }
{ 'struct': 'MaybeEmpty', 'data': { 'only': { 'type': 'str', 'if': 'CONFIG_THERE' } } }
{ 'command': 'stop', 'data': 'MaybeEmpty', 'boxed': true, 'coroutine': true }
{ 'command': 'device_add', 'data': { 'driver': 'str' }, 'gen': false }
{ 'command': 'device-add', 'gen': false, 'data': 'Full' }
{ 'event': 'STOP', 'data': { 'reason': 'str' } }
{ 'event': 'SHAPE_CHANGED', 'data': 'Shape', 'boxed': true }
{ 'event': 'NOTHING' }
{ 'struct': 'Later', 'data': { 'from-sub': 'Sub', 'promise': 'Promise' } }
{ 'struct': 'DeleteArguments', 'data': { 'taken': 'bool' } }
{ 'command': 'use-all',
  'data': { 'globals': ['Record'], 'error': 'Error', 'object': 'Object', 'array': 'Array', 'int': 'Int64' } }
`;

const TYPES = `
{ 'struct': 'Sub', 'data': { 'back': 'Tree', 'string': 'String' } }
{ 'struct': 'String', 'data': { 'text': 'str' } }
{ 'struct': 'Object', 'data': { 'o': 'int' } }
{ 'struct': 'Error', 'data': { 'e': 'int32' } }
{ 'struct': 'Promise', 'data': { 'p': 'uint8' } }
{ 'struct': 'Record', 'data': { 'r': 'uint16' } }
{ 'struct': 'Array', 'data': { 'a': ['Array'] } }
{ 'struct': 'Int64', 'data': { 'i': 'int64' } }
{ 'struct': 'CommandDescriptor', 'data': { 'c': 'int16' } }
{ 'struct': 'StructDescriptor', 'data': { 'c': 'uint32' } }
{ 'command': 'back', 'returns': 'Tree' }
{ 'event': 'SUB_EVENT', 'data': 'Tree' }
`;

const ODD = `
{ 'command': 'odd', 'returns': 'Sub' }
`;

/** Of the name that the runtime's file has. */
const DESCRIPTOR = `
{ 'command': 'described', 'data': 'Text', 'boxed': true }
`;

/** Compiles it. */
export function everything(): Schema {
  const { schema, diagnostics } = compileFiles({
    'main.json': MAIN,
    'sub/types.json': TYPES,
    'sub/odd name.d.json': ODD,
    'descriptor.json': DESCRIPTOR,
  });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === 'error').map(renderDiagnostic), []);
  assert.ok(schema);
  return schema;
}
