/** Runs the TypeScript compiler on generated files, with the strictness of this repository. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { OutputFile } from '../../src/generate/typescript/files.js';

/** The root of the repository, where the compiler is installed. */
const ROOT = ancestorWith(dirname(fileURLToPath(import.meta.url)), 'tsconfig.base.json');

function ancestorWith(folder: string, file: string): string {
  return existsSync(join(folder, file)) ? folder : ancestorWith(dirname(folder), file);
}

/** A folder that is gone when the test is over. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'qapi-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a folder. */
export function put(folder: string, files: readonly OutputFile[]): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Compiles all of a folder to JavaScript in its `js`; fails with what the compiler says. */
export function assertCompiles(folder: string): void {
  const options = {
    composite: false,
    incremental: false,
    declarationMap: false,
    sourceMap: false,
    isolatedDeclarations: true,
    noUncheckedSideEffectImports: true,
    allowUnreachableCode: false,
    skipLibCheck: false,
    types: [],
    rootDir: folder,
    outDir: join(folder, 'js'),
  };
  const config = {
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: options,
    include: [folder],
    exclude: [join(folder, 'js')],
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.equal(status, 0);
}
