import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkSelection } from '../../../src/generate/references.js';
import { select } from '../../../src/generate/selection.js';
import { runtimeFile } from '../../../src/generate/typescript/files.js';
import { generateTypeScript } from '../../../src/generate/typescript/generate.js';
import { compileSchema, renderDiagnostic, type Schema } from '../../../src/index.js';
import { everything } from '../../generate/everything.js';
import { assertCompiles, put, temporaryFolder } from '../../generate/tsc.js';

const DEBIAN = '/usr/share/doc/qemu-guest-agent/qapi-schema.json.gz';
const CONTRACT = fileURLToPath(new URL('../../../../../protocol/schema/guest-agent.json', import.meta.url));

const BASE64 = { path: 'base64.ts', text: 'export interface Base64Data {\n  readonly bytes: unknown;\n}\n' };

function compiled(path: string): Schema {
  const { schema, diagnostics } = compileSchema(path);
  assert.ok(schema, diagnostics.map(renderDiagnostic).join('\n'));
  return schema;
}

function output(schema: Schema, defined: readonly string[] | 'all') {
  const selection = select(defined);
  assert.deepEqual(checkSelection(schema, selection).map(renderDiagnostic), []);
  const featureTypes = new Map([['base64', { name: 'Base64Data', from: './base64.js' }]]);
  return [...generateTypeScript(schema, { selection, featureTypes }), runtimeFile(), BASE64];
}

const CHOICES = [
  ['with nothing defined', []],
  ['with everything defined', 'all'],
  ['as for Linux', ['CONFIG_POSIX', 'CONFIG_LINUX', 'CONFIG_FSFREEZE', 'CONFIG_FSTRIM']],
] as const;

describe('generated code type-checks under the strictest settings', () => {
  for (const [choice, defined] of CHOICES) {
    test(`for a schema with all of the language, ${choice}`, (context) => {
      const folder = temporaryFolder(context);
      put(folder, output(everything(), defined));
      assertCompiles(folder);
    });

    test(`for the schema of this project, ${choice}`, (context) => {
      const folder = temporaryFolder(context);
      put(folder, output(compiled(CONTRACT), defined));
      assertCompiles(folder);
    });

    test(`for the schema of Debian's qemu-guest-agent, ${choice}`, (context) => {
      if (!existsSync(DEBIAN))
        return context.skip('the schema that Debian installs: install the Debian package qemu-guest-agent');
      const folder = temporaryFolder(context);
      put(folder, output(compiled(DEBIAN), defined));
      assertCompiles(folder);
    });
  }
});

/** What a program that uses the output may and may not write. */
const USE = `
import type { ArgumentsOf, CommandTable, EventTable, Int64, ReturnsOf, TypeOf } from './descriptor.js';
import type { Base64Data } from './base64.js';
import * as all from './main.js';
import { commands, events, type Shape, type Text } from './main.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(): T | undefined => undefined;

export const table: CommandTable = commands;
export const eventTable: EventTable = events;

// A descriptor carries its type.
yes<Same<TypeOf<typeof all.Circle>, all.Circle>>();
yes<Same<TypeOf<typeof all.ShapeKind>, all.ShapeKind>>();
yes<Same<TypeOf<typeof all.TreeOrName>, all.TreeOrName>>();
yes<Same<ArgumentsOf<typeof all.deleteCommand>, Shape>>();
yes<Same<ReturnsOf<typeof all.deleteCommand>, all.Later>>();
yes<Same<ArgumentsOf<(typeof commands)['which']>, void>>();
yes<Same<ReturnsOf<(typeof commands)['which']>, all.ShapeKind>>();
yes<Same<ReturnsOf<(typeof commands)['builtin']>, void>>();
yes<Same<ReturnsOf<(typeof commands)['import']>, readonly string[]>>();
yes<Same<all.Int64['i'], Int64>>();
yes<Same<Text['data'], Base64Data>>();
yes<Same<Text['parts'], readonly Base64Data[] | undefined>>();
yes<Same<all.Never, never>>();
yes<Same<keyof typeof commands & 'list-any', never>>();

// The discriminator tells which members there are.
export function radius(shape: Shape): number | undefined {
  switch (shape.kind) {
    case 'circle':
    case 'disc':
      return shape.radius;
    case 'nested':
      return shape.inner === 'a' ? shape['with-dash'].length : undefined;
    default:
      // @ts-expect-error no such member in the other shapes
      return shape.radius;
  }
}
export const shape: Shape = { kind: 'circle', radius: 1, parent: { kind: 'plain', size: 1n } };
// @ts-expect-error a circle needs a radius
export const noRadius: Shape = { kind: 'circle' };
// @ts-expect-error no such shape
export const noShape: Shape = { kind: 'square' };
// @ts-expect-error left out by its condition
export const gone: Shape = { kind: 'gone', x: true };

// An optional member may be absent; undefined is not absent.
export const tree: all.Tree = { children: [] };
// @ts-expect-error undefined is not a tree
export const noTree: all.Tree = { children: [], left: undefined };

export const nothing: all.Empty = {};
// @ts-expect-error nothing is in it
export const something: all.Empty = { a: 1 };

// A command that the schema describes in part takes anything else.
export const device: all.DeviceAddArguments = { driver: 'x', mac: '52:54', addr: 3 };
`;

test('generated types are carried by descriptors, narrowed by discriminators, and exact in optional members', (context) => {
  const folder = temporaryFolder(context);
  const files = output(everything(), []);
  put(folder, [...files, { path: 'use.ts', text: USE }]);
  assertCompiles(folder);
});

test('generated modules with circular references can be loaded in any order', async (context) => {
  const folder = temporaryFolder(context);
  const files = output(everything(), 'all');
  put(folder, files);
  assertCompiles(folder);
  for (const { path } of files) {
    const script = join(folder, 'js', path.replace(/\.ts$/, '.js'));
    const { stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    assert.equal(stderr, '', path);
  }
  const main: unknown = await import(pathToFileURL(join(folder, 'js', 'main.js')).href);
  assert.ok(typeof main === 'object' && main !== null && 'commands' in main && 'events' in main);
  assert.deepEqual(Object.keys(main.commands ?? {}), [
    'back',
    'odd',
    'described',
    'delete',
    'import',
    'which',
    'list-any',
    'commands',
    'builtin',
    'stop',
    'device_add',
    'device-add',
    'use-all',
  ]);
  assert.deepEqual(Object.keys(main.events ?? {}), ['SUB_EVENT', 'STOP', 'SHAPE_CHANGED', 'NOTHING']);
});
