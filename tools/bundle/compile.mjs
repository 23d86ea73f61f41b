// Runs a program and writes the code cache of V8 for each file of its bundle that the run loads and that has none. The cache is taken
// at the end, so that it includes the functions that were called.
//
//   node tools/bundle/compile.mjs FOLDER OF THE BUNDLE, PROGRAM, ARGUMENTS
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import process from 'node:process';
import { mock } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { put } from './put.mjs';

const [folder, program] = process.argv.splice(2, 2);
const scripts = new Map();

// On a slow machine, functions would be old enough to lose their code before the end.
setFlagsFromString('--no-flush-bytecode');

// The function of a timer that expires only on a slow machine would be in the cache.
mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });

/** Replaces the class that `load.cjs` compiles with. */
vm.Script = class extends vm.Script {
  constructor(text, { filename }) {
    super(text, { filename });
    scripts.set(basename(filename), { script: this, text });
  }
};

process.on('exit', (status) => {
  if (status !== 0) return;
  // An exception below must not end with the status 0 of the program.
  process.exitCode = 1;
  // V8 rejects a cache that was made with other flags.
  setFlagsFromString('--flush-bytecode');
  for (const [name, { script, text }] of scripts) {
    const path = join(folder, `${name}.cache`);
    if (!existsSync(path)) put(path, Buffer.concat([Buffer.from(text), script.createCachedData()]));
  }
  process.exitCode = 0;
});

createRequire(import.meta.url)(program);
