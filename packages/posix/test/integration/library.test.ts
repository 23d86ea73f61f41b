import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { CFunction } from '../../src/library.js';

const index = new URL('../../src/index.js', import.meta.url).href;

/** Runs a module that imports the package in a process without koffi, and returns its output. */
function runWithoutKoffi(body: string): string {
  const withoutKoffi = `
    const Module = require('node:module');
    const load = Module._load;
    Module._load = (name, ...rest) => {
      if (name === 'koffi') throw new Error("Cannot find module 'koffi'\\nRequire stack:\\n- here");
      return load(name, ...rest);
    };
    import(${JSON.stringify(index)}).then((posix) => { ${body} });`;
  return execFileSync(process.execPath, ['-e', withoutKoffi], { encoding: 'utf8' });
}

describe('without koffi', () => {
  test('a system call throws an error that names koffi and says what to do', () => {
    const body =
      'try { posix.pipe(); } catch (error) { console.log(JSON.stringify({ ...error, text: error.message })); }';
    const { name, text, advice } = JSON.parse(runWithoutKoffi(body));
    assert.equal(name, 'FfiUnavailableError');
    assert.equal(text, "cannot load the npm package koffi: Cannot find module 'koffi'");
    assert.match(advice, /vsock, terminals .* npm install koffi/);
  });

  test('strerror returns the text of Node', () => {
    assert.equal(
      runWithoutKoffi('console.log(posix.strerror(2), posix.strerror(4711))'),
      'no such file or directory Unknown error 4711\n',
    );
  });
});

describe('the package', () => {
  test('does not load koffi when it is imported', () => {
    const program = `import(${JSON.stringify(index)}).then(() => console.log(Object.keys(require.cache).length, process.report.getReport().sharedObjects.some((path) => path.includes('koffi'))))`;
    assert.equal(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }), '0 false\n');
  });
});

describe('CFunction', () => {
  test('returns the result, or the negated error number', () => {
    const close = new CFunction('int close(int fd)');
    assert.equal(close.call(-1), -9);
    assert.equal(close.raw(-1), -1);
  });

  test('runs in the thread pool and returns the same', async () => {
    const usleep = new CFunction('int usleep(unsigned int microseconds)');
    assert.equal(await usleep.callAsync(1), 0);
    assert.equal(await new CFunction('int close(int fd)').callAsync(-1), -9);
  });

  test('is unavailable if the C library does not have the function', () => {
    const missing = new CFunction('int no_such_function(int value)');
    assert.equal(missing.isAvailable, false);
    assert.throws(() => missing.call(1), /no_such_function/);
  });
});
