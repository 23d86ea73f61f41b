// Joins the modules of guestctl and of the libraries below it into few files, `dist/bundle/` of its package, which `bin/guestctl.js`
// runs: finding and reading a hundred modules takes Node longer than most commands. What one command alone needs stays in a
// separate file, read when the command is called. Beside the files that `guestctl ping` loads lies their V8 code cache.
//
//   node tools/bundle.mjs          (after `tsc -b`; `npm run build` does both)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { fakeGuest } from '../packages/testing/dist/src/index.js';
import { put } from './bundle/put.mjs';

const cli = resolve(fileURLToPath(import.meta.url), '../../packages/cli');
const folder = join(cli, 'dist/bundle');
const target = 'node20';

const { outputFiles } = buildSync({
  entryPoints: [join(cli, 'dist/src/main.js')],
  outdir: folder,
  outExtension: { '.js': '.cjs' },
  write: false,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target,
  legalComments: 'none',
  logLevel: 'warning',
});

/**
 * Converts a module to CommonJS, which Node loads faster: its ES module loader evaluates every built-in module that one imports.
 * esbuild splits only ES modules, hence the two steps.
 */
const asCommonJs = (text) =>
  transformSync(text, {
    platform: 'node',
    format: 'cjs',
    charset: 'ascii',
    target,
    supported: { 'dynamic-import': false },
    // Only used to find packages.
    define: { 'import.meta.url': '__filename' },
    logLevel: 'warning',
  }).code;

/**
 * Wraps a module in the function that `bin/guestctl.js` calls. Line numbers stay. Only comments still have characters outside of
 * ASCII, for which V8 would hold the whole text in two bytes a character.
 */
const asFunction = (code) =>
  `(function (exports, require, module, __filename) {${code.replace(/[^\0-\x7f]/g, '?')}})\n`;

/** Removes the files whose names match. */
const removeFiles = (isObsolete) => {
  for (const name of readdirSync(folder).filter(isObsolete)) rmSync(join(folder, name), { force: true });
};

/** Writes the code cache of a `guestctl ping` to a fake guest. */
const compile = async () => {
  const place = mkdtempSync(join(tmpdir(), 'guestctl-'));
  const fake = fakeGuest();
  try {
    const { target } = await fake.listen(join(place, 'q.sock'));
    const tool = fileURLToPath(new URL('bundle/compile.mjs', import.meta.url));
    const child = spawn(process.execPath, [tool, 'ping', '--to', target], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`guestctl ping in the bundle exited with status ${status}`);
  } finally {
    await fake[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  }
};

mkdirSync(folder, { recursive: true });
// The entry is written last, when all files that it loads are there.
const entry = join(folder, 'main.cjs');
for (const { path, text } of outputFiles.toSorted(
  (a, b) => Number(a.path === entry) - Number(b.path === entry),
)) {
  put(path, asFunction(asCommonJs(text)));
}
const current = new Set(outputFiles.map(({ path }) => basename(path)));
removeFiles((name) => !current.has(name));
await compile();
