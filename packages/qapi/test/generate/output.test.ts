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

test('writeFiles writes changed files only', (context) => {
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

test('writeFiles keeps other files, and leaves no temporary ones', (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'mine.ts'), 'mine\n');
  writeFiles(folder, FILES);
  assert.deepEqual(readdirSync(folder).sort(), ['a.ts', 'mine.ts', 'sub']);
});

test('writeFiles does not follow a link out of the folder', (context) => {
  const outside = temporaryFolder(context);
  const folder = temporaryFolder(context);
  symlinkSync(outside, join(folder, 'sub'));
  assert.throws(() => writeFiles(folder, FILES), {
    name: 'OutputError',
    message: /cannot write .*sub\/b\.ts: it lies outside/,
  });
  assert.deepEqual(readdirSync(outside), []);
});

test('writeFiles reports the file and the reason of a failure', (context) => {
  const folder = temporaryFolder(context);
  mkdirSync(join(folder, 'page.md'));
  writeFileSync(join(folder, 'sub'), 'a file where a folder should be\n');
  assert.throws(() => writeFiles(folder, FILES), OutputError);
  assert.throws(() => writeFile(join(folder, 'page.md'), 'x'), {
    message: /^cannot write .*page\.md: [a-z ]*directory/,
  });
});

test('writeFile writes to a file that is not regular, and does not replace it', () => {
  assert.equal(writeFile('/dev/null', 'x'), true);
  assert.equal(statSync('/dev/null').isCharacterDevice(), true);
});
