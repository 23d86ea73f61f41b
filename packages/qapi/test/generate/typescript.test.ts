import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { select } from '../../src/generate/selection.js';
import { type GenerateOptions, generateTypeScript } from '../../src/generate/typescript/generate.js';
import { compileFiles, lines, schemaOf } from '../support.js';

/** The declarations generated for a schema of one file, without header, imports and tables. */
function declarations(text: string, options: GenerateOptions = {}): string {
  const [file] = generateTypeScript(schemaOf(text), options);
  const blocks = (file?.text ?? '').split(/\n\n(?=\S)/).slice(1);
  const table = blocks.findIndex((block) => /^\/\*\* (?:All|The) (?:commands|events)/.test(block));
  return blocks
    .slice(0, table)
    .filter((block) => !block.startsWith('import '))
    .join('\n\n');
}

describe('generateTypeScript for a type', () => {
  test('generates a union of documented string literals for an enum', () => {
    assert.equal(
      declarations(
        lines(
          '##',
          '# @Colour:',
          '#',
          '# A colour.',
          '#',
          '# @red: like blood',
          '#',
          '# @green: like grass',
          '#',
          '# Since: 2.1',
          '##',
          "{ 'enum': 'Colour', 'data': [ 'red', 'green' ] }",
        ),
      ),
      `/**
 * A colour.
 *
 * @since 2.1
 */
export type Colour =
  /** like blood */
  | 'red'
  /** like grass */
  | 'green';

/** Descriptor of {@link Colour}. */
export const Colour: EnumDescriptor<Colour> = {
  kind: 'enum',
  name: 'Colour',
  values: ['red', 'green'],
};`,
    );
  });

  test('generates an interface that extends the base for a struct, and a descriptor with all members', () => {
    assert.equal(
      declarations(
        lines(
          "{ 'struct': 'Base', 'data': { 'a-b': 'str' } }",
          "{ 'struct': 'Full', 'base': 'Base', 'data': { '*c': ['uint8'], 'd': 'size' } }",
        ),
      ),
      `export interface Base {
  'a-b': string;
}

/** Descriptor of {@link Base}. */
export const Base: StructDescriptor<Base> = {
  kind: 'struct',
  name: 'Base',
  members: [{ name: 'a-b', type: () => builtin.str }],
};

export interface Full extends Base {
  /** Each 8-bit unsigned */
  c?: readonly number[];
  /** 64-bit unsigned */
  d: Int64;
}

/** Descriptor of {@link Full}. */
export const Full: StructDescriptor<Full> = {
  kind: 'struct',
  name: 'Full',
  members: [
    { name: 'a-b', type: () => builtin.str },
    { name: 'c', type: () => ({ kind: 'list', element: () => builtin.uint8 }), optional: true },
    { name: 'd', type: () => builtin.size },
  ],
};`,
    );
  });

  test('generates one variant for discriminator values with the same members, and one for those without, last', () => {
    const union = declarations(
      lines(
        "{ 'enum': 'Kind', 'data': [ 'a', 'b', 'c', 'd', 'e' ] }",
        "{ 'struct': 'Ex', 'data': { 'x': 'bool' } }",
        "{ 'struct': 'Why', 'data': { 'y': 'bool' } }",
        "{ 'struct': 'Nil', 'data': {} }",
        "{ 'union': 'Uni', 'base': { 'kind': 'Kind' }, 'discriminator': 'kind',",
        "  'data': { 'a': 'Ex', 'b': 'Why', 'd': 'Ex', 'e': 'Nil' } }",
      ),
    );
    assert.ok(
      union.includes(`export type Uni = {
  kind: Kind;
} & (({ kind: 'a' | 'd' } & Ex) | ({ kind: 'b' } & Why) | { kind: 'c' | 'e' });`),
      union,
    );
  });

  test('generates an object type in place for a struct in place of 2012', () => {
    const schema = schemaOf("{ 'type': 'Ty', 'data': { 'in': { 'x': 'int', '*y': 'str' } } }\n", {
      dialect: '2012',
    });
    const [file] = generateTypeScript(schema);
    assert.match(file?.text ?? '', /^ {2}in: \{ x: Int64; y\?: string \};$/m);
  });
});

describe('generateTypeScript for documentation', () => {
  const documented = (
    text: readonly string[],
    definition = "{ 'command': 'say', 'data': { '*to': 'str' } }",
  ) =>
    declarations(
      lines(
        "{ 'struct': 'Other', 'data': {} }",
        '##',
        '# @say:',
        '#',
        ...text.map((line) => `# ${line}`.trimEnd()),
        '##',
        definition,
      ),
    );

  test('generates links for names in the same file, and code for others', () => {
    assert.match(
      documented(['See @Other, @to and @unknown.  Write ``x * y``.', '', '@to: whom']),
      /\*\* See \{@link Other\}, `to` and `unknown`\. Write `x \* y`\. \*\//,
    );
  });

  test('escapes the end of a comment, and tags at the start of a line', () => {
    const output = documented([
      'Ends */ here.  ``*/``',
      '',
      '@to: whom*/',
      '',
      '.. code-block:: js',
      '',
      '    @deprecated',
    ]);
    assert.doesNotMatch(output.replaceAll(/^ *(?:\/\*\*.*)?\*\/$|\/\*\* .* \*\/$/gm, ''), /\*\//);
    assert.doesNotMatch(output, /^ \* *@deprecated/m);
  });

  test('generates a tag for deprecated and a remark for unstable, on members too', () => {
    const output = documented(
      [
        '@to: whom',
        '',
        'Features:',
        '',
        '@deprecated: Say nothing instead.',
        '',
        '@unstable: It is being thought over.',
      ],
      "{ 'command': 'say', 'features': [ 'unstable' ], 'data': { '*to': { 'type': 'str', 'features': [ 'deprecated' ] } } }",
    );
    assert.match(
      output,
      / {2}\/\*\*\n {3}\* whom\n {3}\*\n {3}\* @deprecated Say nothing instead\.\n {3}\*\/\n {2}to\?: /,
    );
    assert.match(output, /\n\/\*\* @remarks Unstable\. It is being thought over\. \*\/\nexport const say/);
  });

  test('generates Markdown for notes, examples and lists', () => {
    assert.match(
      documented([
        'Say it.',
        '',
        '@to: whom',
        '',
        '.. note:: Loudly.',
        '',
        '- once',
        '- twice',
        '',
        '.. qmp-example::',
        '',
        '    -> { "execute": "say" }',
      ]),
      /\* Say it\.\n \*\n \* \*\*Note:\*\* Loudly\.\n \*\n \* - once\n \* - twice\n \*\n \* \*\*Example:\*\*\n \*\n \* ```\n \* -> \{ "execute": "say" \}\n \* ```\n \*\/\nexport const say/,
    );
  });
});

describe('generateTypeScript with conditions', () => {
  const schema = lines(
    "{ 'enum': 'En', 'data': [ 'a', { 'name': 'b', 'if': 'CONFIG_B' } ] }",
    "{ 'struct': 'St', 'data': { 'x': { 'type': 'int', 'if': { 'not': 'CONFIG_B' } } } }",
    "{ 'command': 'c', 'if': { 'all': [ 'CONFIG_B', { 'any': [ 'CONFIG_C', 'CONFIG_D' ] } ] } }",
  );
  const of = (defined: readonly string[] | 'all') => declarations(schema, { selection: select(defined) });

  test('leaves out parts with conditions on undefined names', () => {
    assert.match(of([]), /export type En = 'a';/);
    assert.match(of([]), /x: Int64/);
    assert.doesNotMatch(of([]), /export const c:/);
  });

  test('evaluates conditions with the defined names', () => {
    const output = of(['CONFIG_B', 'CONFIG_D']);
    assert.match(output, /export type En = 'a' \| 'b';/);
    assert.match(output, /export type St = \{ readonly \[name: string\]: never \};/);
    assert.match(output, /export const c: CommandDescriptor<void, void>/);
  });

  test('includes everything with all, negated conditions too', () => {
    const output = of('all');
    assert.match(output, /export type En = 'a' \| 'b';/);
    assert.match(output, /x: Int64/);
    assert.match(output, /export const c:/);
  });
});

describe('generateTypeScript for several modules', () => {
  const { schema } = compileFiles({
    'main.json': "{ 'include': 'a/one.json' }\n{ 'include': '../up/two.json' }\n{ 'command': 'ping' }\n",
    'a/one.json': "{ 'struct': 'One', 'data': { 'x': 'int' } }\n{ 'command': 'one', 'returns': 'One' }\n",
    '../up/two.json': "{ 'command': 'two', 'data': 'One' }\n",
  });
  const files = new Map(
    (schema ? generateTypeScript(schema, { runtime: '../runtime.js' }) : []).map(({ path, text }) => [
      path,
      text,
    ]),
  );

  test('keeps their folders, except those above the folder of the main file', () => {
    assert.deepEqual([...files.keys()], ['main.ts', 'a/one.ts', 'up/two.ts']);
  });

  test('imports from other modules and the runtime with relative paths', () => {
    assert.equal(
      files.get('up/two.ts'),
      `// Generated by qapi from ../up/two.json. Do not edit.

import type { CommandDescriptor } from '../../runtime.js';
import { One } from '../a/one.js';

export const two: CommandDescriptor<One, void> = {
  kind: 'command',
  name: 'two',
  arguments: One,
  successResponse: true,
};

/** The commands of this module, in schema order. */
export const twoCommands: {
  readonly two: typeof two;
} = {
  two,
};
`,
    );
  });

  test('re-exports everything from the main module, with tables of the whole schema', () => {
    assert.equal(
      files.get('main.ts'),
      `// Generated by qapi from main.json. Do not edit.

import type { CommandDescriptor, EventTable } from '../runtime.js';
import { oneCommands } from './a/one.js';
import { twoCommands } from './up/two.js';

export * from './a/one.js';
export * from './up/two.js';

export const ping: CommandDescriptor<void, void> = {
  kind: 'command',
  name: 'ping',
  successResponse: true,
};

/** The commands of this module, in schema order. */
export const mainCommands: {
  readonly ping: typeof ping;
} = {
  ping,
};

/** All commands, in schema order. */
export const commands: typeof oneCommands & typeof twoCommands & typeof mainCommands = {
  ...oneCommands,
  ...twoCommands,
  ...mainCommands,
};

/** All events, in schema order. */
export const events: EventTable = {};
`,
    );
  });
});
