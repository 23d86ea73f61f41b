/** No input makes the compiler throw or hang, and every failure has a diagnostic. */
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Dialect } from '../../src/index.js';
import {
  compilesWithoutFault,
  everythingGenerates,
  LANGUAGE_WORDS,
  SAMPLE_SCHEMA,
} from '../compiler-invariants.js';

const OLD = readFileSync(new URL('../../../test/schema/guest-2012.json', import.meta.url), 'utf8');

const dialect = fc.constantFrom<Dialect>('modern', '2012');

/** Compiles, and generates everything if the bytes are a schema. */
function survivesAll(bytes: Uint8Array, chosen: Dialect): void {
  const { schema } = compilesWithoutFault(bytes, chosen);
  if (schema) everythingGenerates(schema);
}

type Mutation = (bytes: Buffer) => Buffer;

const mutation = fc
  .tuple(
    fc.constantFrom('flip', 'delete', 'double', 'cut', 'splice'),
    fc.nat(),
    fc.nat(60),
    fc.nat(),
    fc.nat(255),
  )
  .map(
    ([kind, first, length, second, byte]): Mutation =>
      (bytes) => {
        if (bytes.length === 0) return bytes;
        const at = first % bytes.length;
        const part = bytes.subarray(at, at + length);
        const rest = bytes.subarray(at + length);
        switch (kind) {
          case 'flip': {
            const flipped = Buffer.from(bytes);
            flipped[at] = byte;
            return flipped;
          }
          case 'delete':
            return Buffer.concat([bytes.subarray(0, at), rest]);
          case 'double':
            return Buffer.concat([bytes.subarray(0, at), part, part, rest]);
          case 'cut':
            return bytes.subarray(0, at);
          default: {
            const target = second % bytes.length;
            return Buffer.concat([bytes.subarray(0, target), part, bytes.subarray(target)]);
          }
        }
      },
  );

describe('compileSchema returns a result for', () => {
  test('schemas with bytes flipped, removed, doubled, moved, truncated', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(SAMPLE_SCHEMA, OLD),
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        dialect,
        (text, mutations, chosen) => {
          let bytes: Buffer = Buffer.from(text);
          for (const mutate of mutations) bytes = mutate(bytes);
          survivesAll(bytes, chosen);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('words of the language in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...LANGUAGE_WORDS), { maxLength: 80 }),
        dialect,
        (soup, chosen) => {
          survivesAll(Buffer.from(soup.join('')), chosen);
        },
      ),
      { numRuns: 1500 },
    );
  });

  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(...LANGUAGE_WORDS.filter((word) => /^[\w.]+$/.test(word))),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(...LANGUAGE_WORDS.filter((word) => /^[\w*]+$/.test(word))),
        tie('value'),
        {
          maxKeys: 5,
        },
      ),
    ),
  })).value;

  test('well-formed expressions of any shape', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), dialect, (values, chosen) => {
        survivesAll(
          Buffer.from(values.map((each) => JSON.stringify(each).replaceAll('"', "'")).join('\n')),
          chosen,
        );
      }),
      { numRuns: 1500 },
    );
  });

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), dialect, (bytes, chosen) => survivesAll(bytes, chosen)),
      { numRuns: 500 },
    );
  });
});

describe('compileSchema handles input against time and stack limits', () => {
  const name = (index: number): string => `T${index}x`;
  const chain = (length: number, link: (index: number) => string): string =>
    Array.from({ length }, (_, index) => link(index)).join('\n');

  const cases: readonly (readonly [what: string, text: string])[] = [
    ['a million unclosed lists', '['.repeat(1_000_000)],
    ['200,000 unclosed objects', "{ 'a': ".repeat(200_000)],
    ['a line of many strings', `{ 'enum': 'En', 'data': [ ${"'a', ".repeat(200_000)} ] }`],
    ['a line of many bad strings', "'\\a' ".repeat(200_000)],
    ['many comments without an end', '##\n# @a:\n'.repeat(50_000)],
    ['a long comment of one line', `##\n# @${'a '.repeat(500_000)}\n##\n`],
    ['a long line of number signs', `${'#'.repeat(1_000_000)} x`],
    [
      'bases of bases',
      chain(5000, (index) => `{ 'struct': '${name(index)}', 'base': '${name(index + 1)}', 'data': {} }`),
    ],
    [
      'unions in two branches of unions',
      `{ 'enum': 'En', 'data': [ 'a', 'b' ] }\n${chain(
        90,
        (index) =>
          `{ 'union': '${name(index)}', 'base': { 'k${index}': 'En' }, 'discriminator': 'k${index}', 'data': { 'a': '${name(index + 1)}', 'b': '${name(index + 1)}' } }`,
      )}\n{ 'struct': '${name(90)}', 'data': {} }`,
    ],
    [
      'many structs on one large base',
      `{ 'struct': 'Base', 'data': { ${chain(3000, (index) => `'m${index}': 'int',`)} 'z': 'int' } }\n${chain(
        3000,
        (index) => `{ 'struct': '${name(index)}', 'base': 'Base', 'data': { 'own': 'int' } }`,
      )}`,
    ],
  ];
  for (const [what, text] of cases) {
    for (const chosen of ['modern', '2012'] as const) {
      test(`${what} (${chosen})`, () => void compilesWithoutFault(Buffer.from(text), chosen));
    }
  }
});
