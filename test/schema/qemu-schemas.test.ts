// QEMU's schemas pass the check, and the TypeScript generated from them compiles.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { projectFolder } from '../compat/agents.js';

const qapi = join(projectFolder, 'packages/qapi/bin/qapi.js');
const tsc = join(projectFolder, 'node_modules/typescript/bin/tsc');
const DEBIAN = '/usr/share/doc/qemu-guest-agent/qapi-schema.json.gz';

/** The paths of QEMU's schemas, or why they are missing. */
const fetched = ((): { agent?: string; machine?: string; missing?: string } => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(projectFolder, 'tools/reference-schema.mjs')],
    { encoding: 'utf8' },
  );
  return status === 0 ? JSON.parse(stdout) : { missing: stderr.trim() };
})();

const schemas: readonly { name: string; path: string | undefined; otherwise: string }[] = [
  {
    name: 'the guest agent schema that Debian installs',
    path: existsSync(DEBIAN) ? DEBIAN : undefined,
    otherwise: 'the schema that Debian installs: install the Debian package qemu-guest-agent',
  },
  { name: 'the guest agent schema of QEMU 10', path: fetched.agent, otherwise: fetched.missing ?? '' },
  { name: 'the QMP schema of QEMU 10', path: fetched.machine, otherwise: fetched.missing ?? '' },
];

const strictest = {
  target: 'es2023',
  module: 'nodenext',
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  types: [],
};

for (const { name, path, otherwise } of schemas) {
  describe(`qapi with ${name}`, { skip: path === undefined ? otherwise : false }, () => {
    const compile = (...args: readonly string[]): string =>
      execFileSync(process.execPath, [qapi, ...args], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        stdio: ['ignore', 'pipe', 'pipe'],
      });

    it('passes qapi check without an error', () => {
      const { status, stderr } = spawnSync(process.execPath, [qapi, 'check', path ?? ''], {
        encoding: 'utf8',
      });
      assert.match(stderr, /^0 errors, /m);
      assert.equal(status, 0);
    });

    for (const selection of [[], ['--all'], ['--define', 'CONFIG_POSIX,CONFIG_LINUX,CONFIG_FSFREEZE']]) {
      it(`generates TypeScript that compiles with the strictest settings ${selection.join(' ')}`, () => {
        const folder = mkdtempSync(join(tmpdir(), 'guestwire-schema-'));
        try {
          compile('generate', path ?? '', '--output', join(folder, 'out'), ...selection);
          writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
          writeFileSync(
            join(folder, 'tsconfig.json'),
            JSON.stringify({ compilerOptions: strictest, include: ['out'] }),
          );
          const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
          assert.equal(stdout, '');
          assert.equal(status, 0);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    }

    it('generates a reference and an introspection', () => {
      assert.match(compile('docs', path ?? ''), /^## Contents$/m);
      const introspection: unknown = JSON.parse(compile('introspect', path ?? '', '--all'));
      assert.ok(Array.isArray(introspection) && introspection.length > 50);
    });
  });
}
