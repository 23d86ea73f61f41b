// Loads the bundle in its folder with the V8 code cache of the files. tools/bundle.mjs copies it into each bundle.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

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

/** Runs a program: its module `main.cjs`. */
module.exports = (program) => {
  const modules = new Map();

  /** Loads a file of the bundle once. Its text is the function of a CommonJS module, in ASCII. */
  const load = (name) => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const path = join(__dirname, name);
    const text = readFileSync(path);
    // The name in stack traces. The cache contains it, so it does not depend on the folder of the build.
    const filename = `${program}/${name}`;
    const script = new Script(text.toString('latin1'), { filename, cachedData: codeCache(path, text) });
    const requireFromBundle = (other) => (other.startsWith('./') ? load(other.slice(2)) : require(other));
    script.runInThisContext()(module.exports, requireFromBundle, module, path);
    return module.exports;
  };

  load('main.cjs');
};
