// Bundles the modules of guestctl and of its libraries into few files in `dist/bundle/` of its package, which `bin/guestctl.js`
// runs: Node needs longer to load a hundred modules than to run most commands. Modules of a single command stay in a separate
// file, which is loaded on demand. The files that `guestctl ping` loads have a V8 code cache beside them.
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
 * Converts a module to CommonJS, which Node loads faster: its ES module loader evaluates every imported built-in module completely.
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
 * Wraps a module in the function that `bin/guestctl.js` calls, without changing line numbers. Characters outside of ASCII, now
 * only in comments, are replaced, since V8 would store the whole text with two bytes per character.
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
// The entry is written last, after all files that it loads.
const entry = join(folder, 'main.cjs');
for (const { path, text } of outputFiles.toSorted(
  (a, b) => Number(a.path === entry) - Number(b.path === entry),
)) {
  put(path, asFunction(asCommonJs(text)));
}
const current = new Set(outputFiles.map(({ path }) => basename(path)));
removeFiles((name) => !current.has(name));
await compile();
