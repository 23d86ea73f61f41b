import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { projectFolder } from '../compat/agents.js';

/** The text of a file of the project. */
export function projectFile(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}

/** All blocks of a page that are marked with the language. */
export function blocksOf(page: string, language: string): readonly string[] {
  const blocks = Array.from(
    projectFile(page).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, 'gms')),
    ([, block = '']) => block,
  );
  assert.ok(blocks.length > 0, `${page} has no block of ${language}`);
  return blocks;
}

/** The block of the README that is marked with the language, and has these words where there are several. */
export function readmeBlock(language: string, words = ''): string {
  const [block, ...others] = blocksOf('README.md', language).filter((text) => text.includes(words));
  assert.ok(block !== undefined && others.length === 0, `one block of ${language} with "${words}"`);
  return block;
}

/** A folder for the programs of a reader of the documentation, with this project as its packages. */
export interface ReadersFolder extends Disposable {
  readonly path: string;
  write(file: string, text: string, mode?: number): void;
  /** Runs a program of the project, or one that {@link compile} made, and gives what it printed. */
  run(program: string, ...args: readonly string[]): string;
  /** Compiles all TypeScript in it to `built`, as strictly as the project compiles itself. */
  compile(): void;
}

export function readersFolder(): ReadersFolder {
  const path = mkdtempSync(join(tmpdir(), 'guestwire-docs-'));
  const write = (file: string, text: string, mode = 0o644): void =>
    writeFileSync(join(path, file), text, { mode });
  const run = (program: string, ...args: readonly string[]): string => {
    try {
      // A test that runs in here reports for itself, not to the one that runs us.
      const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
      return execFileSync(process.execPath, [program, ...args], { cwd: path, encoding: 'utf8', env });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${program} failed: ${stdout}${stderr}`, { cause: error });
    }
  };
  write('package.json', '{"type": "module"}');
  mkdirSync(join(path, 'node_modules'));
  for (const scope of ['@guestwire', '@types', 'undici-types']) {
    symlinkSync(join(projectFolder, 'node_modules', scope), join(path, 'node_modules', scope));
  }
  write(
    'tsconfig.json',
    JSON.stringify({
      extends: join(projectFolder, 'tsconfig.base.json'),
      compilerOptions: { composite: false, types: ['node'] },
    }),
  );
  return {
    path,
    write,
    run,
    compile() {
      run(join(projectFolder, 'node_modules/typescript/bin/tsc'), '-p', '.', '--outDir', 'built');
    },
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
