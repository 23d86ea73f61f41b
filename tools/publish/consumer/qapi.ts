// Compiles a schema with the library.
import assert from 'node:assert/strict';
import { compileSchema, generateTypeScript } from '@guestwire/qapi';

const { schema, diagnostics } = compileSchema('schema/kitchen.json');
assert.deepEqual(diagnostics, []);
assert.ok(schema !== undefined);
assert.match(generateTypeScript(schema)[0]?.text ?? '', /interface Boiled/);
