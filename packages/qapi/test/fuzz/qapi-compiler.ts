import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import type { Dialect } from '../../src/index.js';
import {
  compilesWithoutFault,
  everythingGenerates,
  LANGUAGE_WORDS,
  SAMPLE_SCHEMA,
} from '../compiler-invariants.js';

export const target: FuzzTarget = {
  name: 'qapi-compiler',
  invariants:
    'never throws; no schema means an error; diagnostics lie in the file and print no control characters; all generators accept every schema that passes, twice with the same text',
  covers: ['qapi/dist/src/'],
  seeds: [
    SAMPLE_SCHEMA,
    "{ 'enum': 'En', 'data': [ 'a', 'b' ] }\n",
    "##\n# @Cmd:\n#\n# Text.\n#\n# @a: one\n#\n# Returns: nothing\n#\n# Since: 1.0\n##\n{ 'command': 'cmd', 'data': { 'a': 'int' } }\n",
    "{ 'include': 'main.json' }\n{ 'pragma': { 'doc-required': true } }\n",
  ],
  dictionary: LANGUAGE_WORDS,
  structure: ['tokens', 'lines'],
  maxTimeMs: 1500,
  run(input) {
    const outcomes = (['modern', '2012'] as const).map((dialect) => outcomeFor(input, dialect));
    return outcomes.join(' | ');
  },
};

function outcomeFor(input: Buffer, dialect: Dialect): string {
  const { schema, diagnostics } = compilesWithoutFault(input, dialect);
  if (schema !== undefined) everythingGenerates(schema);
  return outcomeOf(diagnostics[0]?.code ?? 'ok');
}
