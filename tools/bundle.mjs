// Joins the modules of guestctl, and of what it is made of, into few files: `dist/bundle/` of its package, which is
// what `bin/guestctl.js` runs. To find and read some hundred modules one by one takes Node longer than to carry a command out.
// What a command alone needs stays in a file of its own, which is read when the command is called.
//
//   node tools/bundle.mjs          (after `tsc -b`; `npm run build` does both)
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';

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
    target,
    supported: { 'dynamic-import': false },
    // Only to find packages from.
    define: { 'import.meta.url': '__filename' },
    logLevel: 'warning',
  }).code;

/** Whoever runs guestctl meanwhile reads the old file or the new one, never half of one. */
const put = (path, text) => {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
};

mkdirSync(folder, { recursive: true });
// What is called comes last, when all that it names is there.
const entry = join(folder, 'main.cjs');
for (const { path, text } of outputFiles.toSorted(
  (a, b) => Number(a.path === entry) - Number(b.path === entry),
)) {
  put(path, asCommonJs(text));
}

const current = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(folder)) {
  if (/\.c?js$/.test(name) && !current.has(name)) rmSync(join(folder, name), { force: true });
}
