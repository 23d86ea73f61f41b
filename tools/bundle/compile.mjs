// Runs guestctl, and keeps what V8 has made of each file of the bundle by the end: also of functions, which it compiles when
// they are called. What no such run needs is compiled when it is needed.
//
//   node tools/bundle/compile.mjs ARGUMENTS OF guestctl
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { put } from './put.mjs';

const cli = resolve(fileURLToPath(import.meta.url), '../../../packages/cli');
const folder = join(cli, 'dist/bundle');
const scripts = new Map();
const { Script } = vm;

/** Stands in the place of the class that `bin/guestctl.js` uses, so that just what that compiles is kept. */
vm.Script = class extends Script {
  constructor(text, { filename }) {
    super(text, { filename });
    // The text as it was read: the file may be another by the end.
    scripts.set(basename(filename), { script: this, text });
  }
};

process.on('exit', (status) => {
  if (status !== 0) return;
  // What guestctl has set would stand even if this failed.
  process.exitCode = 1;
  for (const [name, { script, text }] of scripts) {
    put(join(folder, `${name}.cache`), Buffer.concat([Buffer.from(text), script.createCachedData()]));
  }
  for (const name of readdirSync(folder)) {
    const of = /^(.*)\.cache$/.exec(name)?.[1];
    if (of !== undefined && !scripts.has(of)) rmSync(join(folder, name), { force: true });
  }
  process.exitCode = 0;
});

createRequire(import.meta.url)(join(cli, 'bin/guestctl.js'));
