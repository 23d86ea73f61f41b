// Joins the modules of guestctl, and of what it is made of, into few files: `dist/bundle/` of its package, which is
// what `bin/guestctl.js` runs. To find and read some hundred modules one by one takes Node longer than to carry a command out.
// What a command alone needs stays in a file of its own, which is read when the command is called. Beside the files lies what V8
// made of them, if `guestctl ping` takes them: that spares it, and most of it any other command, to compile them.
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
 * As a CommonJS module, which Node loads sooner: for an ES module that imports one of its own it evaluates all that this one
 * has, which opens standard input and reads half of its library. `esbuild` splits ES modules alone, hence the two steps.
 */
const asCommonJs = (text) =>
  transformSync(text, {
    platform: 'node',
    format: 'cjs',
    charset: 'ascii',
    target,
    supported: { 'dynamic-import': false },
    // Only to find packages from.
    define: { 'import.meta.url': '__filename' },
    logLevel: 'warning',
  }).code;

/** As `bin/guestctl.js` wants it, which would otherwise have to make a new text of each one. The lines keep their numbers. */
const asFunction = (code) => `(function (exports, require, module, __filename) {${code}})\n`;

mkdirSync(folder, { recursive: true });
// What is called comes last, when all that it names is there.
const entry = join(folder, 'main.cjs');
for (const { path, text } of outputFiles.toSorted(
  (a, b) => Number(a.path === entry) - Number(b.path === entry),
)) {
  put(path, asFunction(asCommonJs(text)));
}

/** Runs `guestctl ping` against a guest that is played. */
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
    if (status !== 0) throw new Error(`guestctl ping in the bundle ended with status ${status}`);
  } finally {
    await fake[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  }
};
await compile();

const current = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(folder)) {
  if (/\.c?js$/.test(name) && !current.has(name)) rmSync(join(folder, name), { force: true });
}
