import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OutputError, staleFiles, writeFile, writeFiles } from '../../src/generate/output.js';
import { temporaryFolder } from './tsc.js';

const FILES = [
  { path: 'a.ts', text: 'a\n' },
  { path: 'sub/b.ts', text: 'b\n' },
];

test('files are written, and what is up to date is left alone', (context) => {
  const folder = join(temporaryFolder(context), 'new', 'folder');
  assert.deepEqual(staleFiles(folder, FILES), ['a.ts', 'sub/b.ts']);
  assert.equal(existsSync(folder), false);
  assert.deepEqual(writeFiles(folder, FILES), ['a.ts', 'sub/b.ts']);
  assert.equal(readFileSync(join(folder, 'sub/b.ts'), 'utf8'), 'b\n');
  assert.deepEqual(staleFiles(folder, FILES), []);

  const long = new Date(1000);
  utimesSync(join(folder, 'a.ts'), long, long);
  writeFileSync(join(folder, 'sub/b.ts'), 'other\n');
  assert.deepEqual(writeFiles(folder, FILES), ['sub/b.ts']);
  assert.deepEqual(statSync(join(folder, 'a.ts')).mtime, long);
});

test('other files stay, and no temporary ones do', (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'mine.ts'), 'mine\n');
  writeFiles(folder, FILES);
  assert.deepEqual(readdirSync(folder).sort(), ['a.ts', 'mine.ts', 'sub']);
});

test('a link that leads out of the folder is not followed', (context) => {
  const outside = temporaryFolder(context);
  const folder = temporaryFolder(context);
  symlinkSync(outside, join(folder, 'sub'));
  assert.throws(() => writeFiles(folder, FILES), {
    name: 'OutputError',
    message: /cannot write .*sub\/b\.ts: it lies outside/,
  });
  assert.deepEqual(readdirSync(outside), []);
});

test('what cannot be written is named, with the reason', (context) => {
  const folder = temporaryFolder(context);
  mkdirSync(join(folder, 'page.md'));
  writeFileSync(join(folder, 'sub'), 'a file where a folder should be\n');
  assert.throws(() => writeFiles(folder, FILES), OutputError);
  assert.throws(() => writeFile(join(folder, 'page.md'), 'x'), {
    message: /^cannot write .*page\.md: [a-z ]*directory/,
  });
});

test('what is not a regular file is written to, not replaced', () => {
  assert.equal(writeFile('/dev/null', 'x'), true);
  assert.equal(statSync('/dev/null').isCharacterDevice(), true);
});
