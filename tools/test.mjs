// Runs every test that this machine can run, and says what it left out.
//
//   node tools/test.mjs [--only WORD]... [--complete] [--summary]
//
// A test that cannot run here skips itself with a reason that names the Debian package it needs.
// Each reason is printed once at the end. With --complete (or GUESTWIRE_TEST_COMPLETE=1, as CI sets it)
// a skipped test is a failure. With --summary, what was seen is said once more at the end, in short.
import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { summaryOf } from './summary.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    complete: { type: 'boolean' },
    summary: { type: 'boolean' },
  },
});
const complete = options.complete ?? process.env.GUESTWIRE_TEST_COMPLETE === '1';

const compiledTests = (folder) => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
};

const folders = [
  ...['qapi', 'protocol', 'agent', 'client', 'testing', 'cli'].map((name) => `packages/${name}/dist/test`),
  'test/dist',
];
/**
 * The real guests, those that take longest first: two files run at a time, and the last one should not be a long one. They come
 * after all others, whose failures are known sooner.
 */
const longest = ['virsh', 'client', 'power-sysvinit', 'power-systemd', 'package', 'storage', 'freeze'];
const weightOf = (file) => {
  const [, name] = /^test\/dist\/vm\/(.*)\.test\.js$/.exec(relative(root, file)) ?? [];
  if (name === undefined) return 0;
  const place = longest.indexOf(name);
  return place < 0 ? longest.length + 1 : place + 1;
};

const files = folders
  .flatMap((folder) => compiledTests(join(root, folder)))
  .filter((file) => options.only?.some((word) => relative(root, file).includes(word)) ?? true)
  .sort((one, other) => weightOf(one) - weightOf(other) || (one < other ? -1 : 1));

if (files.length === 0) {
  console.error('no test file found: run `npm run build` first, or choose another --only');
  process.exit(1);
}

/** How many tests each reason left out. */
const leftOut = new Map();
let failed = 0;
const started = Date.now();

const stream = run({ files, concurrency: 2, timeout: 1_200_000 });
stream.on('test:fail', () => failed++);
stream.on('test:pass', ({ skip }) => {
  if (skip === undefined) return;
  const reason = typeof skip === 'string' && skip !== '' ? skip : 'a test without a reason';
  leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
});
const summary = options.summary ? summaryOf(stream) : () => [];
stream.on('end', () => {
  // After the reporter's own summary.
  setImmediate(() => {
    for (const line of summary()) console.log(line);
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(`${files.length} test files from ${relative(process.cwd(), root) || '.'} in ${seconds} s`);
    for (const [reason, count] of [...leftOut].sort()) {
      console.log(`left out: ${reason} (${count} ${count === 1 ? 'test' : 'tests'})`);
    }
    if (leftOut.size === 0) console.log('left out: nothing');
    if (complete && leftOut.size > 0) console.error('failed: a complete run leaves nothing out');
    process.exitCode = failed > 0 || (complete && leftOut.size > 0) ? 1 : 0;
  });
});
stream.compose(spec).pipe(process.stdout);
