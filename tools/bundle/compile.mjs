// Runs guestctl and writes the code cache of V8 for each file of the bundle that the run loads. The cache is taken at the end, so
// that it includes the functions that were called.
//
//   node tools/bundle/compile.mjs ARGUMENTS OF guestctl
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { put } from './put.mjs';

const cli = resolve(fileURLToPath(import.meta.url), '../../../packages/cli');
const scripts = new Map();

/** Replaces the class that `bin/guestctl.js` compiles with. */
vm.Script = class extends vm.Script {
  constructor(text, { filename }) {
    super(text, { filename });
    scripts.set(basename(filename), { script: this, text });
  }
};

process.on('exit', (status) => {
  if (status !== 0) return;
  // An exception below must not end with the status 0 of guestctl.
  process.exitCode = 1;
  for (const [name, { script, text }] of scripts) {
    const cache = Buffer.concat([Buffer.from(text), script.createCachedData()]);
    put(join(cli, 'dist/bundle', `${name}.cache`), cache);
  }
  process.exitCode = 0;
});

createRequire(import.meta.url)(join(cli, 'bin/guestctl.js'));
