// Joins the modules of guestctl, and of what it is made of, into few files: `dist/bundle/` of its package, which is
// what `bin/guestctl.js` runs. To find and read some seventy modules one by one takes Node longer than to carry a command out.
// What a command alone needs stays in a file of its own, which is read when the command is called.
//
//   node tools/bundle.mjs          (after `tsc -b`; `npm run build` does both)
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const cli = resolve(fileURLToPath(import.meta.url), '../../packages/cli');
const folder = join(cli, 'dist/bundle');

const { outputFiles } = buildSync({
  entryPoints: [join(cli, 'dist/src/main.js')],
  outdir: folder,
  write: false,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
});

/** Whoever runs guestctl meanwhile reads the old file or the new one, never half of one. */
const put = ({ path, contents }) => {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
};

mkdirSync(folder, { recursive: true });
// What is called comes last, when all that it names is there.
const entry = join(folder, 'main.js');
for (const file of outputFiles.toSorted((a, b) => Number(a.path === entry) - Number(b.path === entry)))
  put(file);

const current = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of readdirSync(folder)) {
  if (name.endsWith('.js') && !current.has(name)) rmSync(join(folder, name));
}
