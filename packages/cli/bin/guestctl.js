#!/usr/bin/env node
// Loads the bundle of guestctl (made by tools/bundle.mjs). Node's own loader would look for every file in several places, and
// compile it anew each time; this one takes what V8 made of a file when the bundle was built, if that lies beside it.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const folder = join(__dirname, '../dist/bundle');
const modules = new Map();

/**
 * What V8 made of this text, or `undefined`. V8 itself would take it for any text of the same length; therefore it stands behind
 * a copy of the text that it was made of. Another V8 than that which made it refuses it, and compiles the text.
 */
const compiled = (path, text) => {
  try {
    const cache = readFileSync(`${path}.cache`);
    return cache.subarray(0, text.length).equals(text) ? cache.subarray(text.length) : undefined;
  } catch {
    return undefined;
  }
};

/** Loads a file of the bundle, once. Its text is a function of what a CommonJS module is given; all of it is ASCII. */
const load = (name) => {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(name, module);
  const path = join(folder, name);
  const text = readFileSync(path);
  // The name in stack traces. V8 keeps it with what it made, so it has none of the folders where that was.
  const filename = `guestctl/${name}`;
  const script = new Script(text.toString('latin1'), { filename, cachedData: compiled(path, text) });
  script.runInThisContext()(module.exports, requireFromBundle, module, path);
  return module.exports;
};

/** Files of the bundle name each other so; all else is Node's. */
const requireFromBundle = (name) => (name.startsWith('./') ? load(name.slice(2)) : require(name));

load('main.cjs');
