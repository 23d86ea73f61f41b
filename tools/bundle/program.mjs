// Bundles the modules of a program and of its libraries into few files in `dist/bundle/` of its package: Node needs longer to load a
// hundred modules than to run most commands. Modules of a single command stay in a separate file, which is loaded on demand.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { put } from './put.mjs';

const target = 'node20';
const loader = 'load.cjs';
const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/**
 * Writes the bundle of `program`, whose package is `name`, with the V8 code cache of the files that the given command lines load.
 * The first command line that loads a file decides which functions its cache has.
 */
export const bundle = async (program, name, commandLines) => {
  const folder = join(packages, name, 'dist/bundle');
  const { outputFiles } = buildSync({
    entryPoints: [join(packages, name, 'dist/src/main.js')],
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
  mkdirSync(folder, { recursive: true });
  put(join(folder, loader), readFileSync(new URL(loader, import.meta.url)));
  // The entry is written last, after all files that it loads.
  const entry = join(folder, 'main.cjs');
  const files = outputFiles.toSorted((a, b) => Number(a.path === entry) - Number(b.path === entry));
  for (const { path, text } of files) put(path, asFunction(asCommonJs(text)));
  const current = new Set([loader, ...outputFiles.map(({ path }) => basename(path))]);
  removeFiles(folder, (file) => !current.has(file));
  await compileReproducibly(folder, join(packages, name, 'bin', `${program}.js`), commandLines);
};

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
 * Wraps a module in the function that the loader calls, without changing line numbers. Characters outside of ASCII, now only in
 * comments, are replaced, since V8 would store the whole text with two bytes per character.
 */
const asFunction = (code) =>
  `(function (exports, require, module, __filename) {${code.replace(/[^\0-\x7f]/g, '?')}})\n`;

/** Removes the files whose names match. */
const removeFiles = (folder, isObsolete) => {
  for (const name of readdirSync(folder).filter(isObsolete)) rmSync(join(folder, name), { force: true });
};

/** Writes the code caches of the files that the command lines load. */
const compile = async (folder, program, commandLines) => {
  removeFiles(folder, (name) => name.endsWith('.cache'));
  const tool = fileURLToPath(new URL('compile.mjs', import.meta.url));
  for (const args of commandLines) {
    // A fixed seed makes the cache reproducible. Mocked timers are an experimental feature of Node 20.
    const options = ['--random-seed=1', '--disable-warning=ExperimentalWarning'];
    const child = spawn(process.execPath, [...options, tool, folder, program, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`${basename(program)} ${args[0]} exited with status ${status}`);
  }
};

/** Writes code caches that do not depend on the speed of this run. Two runs in a row must agree. */
const compileReproducibly = async (folder, program, commandLines) => {
  let previous;
  for (let run = 0; run < 10; run++) {
    await compile(folder, program, commandLines);
    const hash = hashOfCaches(folder);
    if (hash === previous) return;
    previous = hash;
  }
  throw new Error(`the code cache of ${basename(program)} differs in each of ten runs`);
};

const hashOfCaches = (folder) => {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    if (name.endsWith('.cache')) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
};
