#!/usr/bin/env node
// Loads the bundle of guestctl, which tools/bundle.mjs writes, with the V8 code cache of its files.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const folder = join(__dirname, '../dist/bundle');
const modules = new Map();

/**
 * Returns the code cache of a file, or `undefined`. V8 accepts a cache for any text of the same length, so the text that it was made
 * from precedes it and is compared. V8 itself rejects a cache of another version and compiles the text.
 */
function codeCache(path, text) {
  try {
    const cache = readFileSync(`${path}.cache`);
    return cache.subarray(0, text.length).equals(text) ? cache.subarray(text.length) : undefined;
  } catch {
    return undefined;
  }
}

/** Loads a file of the bundle once. Its text is the function of a CommonJS module, in ASCII. */
function load(name) {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(name, module);
  const path = join(folder, name);
  const text = readFileSync(path);
  // The name in stack traces. The cache contains it, so it does not depend on the folder of the build.
  const filename = `guestctl/${name}`;
  const script = new Script(text.toString('latin1'), { filename, cachedData: codeCache(path, text) });
  script.runInThisContext()(module.exports, requireFromBundle, module, path);
  return module.exports;
}

function requireFromBundle(name) {
  return name.startsWith('./') ? load(name.slice(2)) : require(name);
}

load('main.cjs');
