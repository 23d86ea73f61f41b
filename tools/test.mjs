// Runs tests, and reports which of them this machine cannot run.
//
//   npm test -- [PATH]... [-t PATTERN] [--watch] [--only WORD]... [--unit] [--complete] [--summary]
//
// PATH is a test (packages/protocol/test/check.test.ts), a folder, or a source file, which selects the tests of its package. In a
// package's folder the default is that package, elsewhere all tests. A test that cannot run here skips itself with a reason that
// names the Debian package it needs; each reason is printed once at the end. With --complete (or GUESTWIRE_TEST_COMPLETE=1, as in
// CI) a skipped test is a failure. With --summary the results of each suite are repeated at the end.
import { spawnSync } from 'node:child_process';
import { relative, resolve } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inBatches } from './test/batch.mjs';
import { packageOf, selectTests } from './test/select.mjs';
import { summaryOf } from './test/summary.mjs';
import { watch } from './test/watch.mjs';

/** Test processes at a time: one more than the processors of a small machine, since many tests wait for something. */
const PROCESSES = 3;
const TEST_TIMEOUT_MS = 1_200_000;
/** Node's reason for skipping a test that `-t` does not select. */
const NOT_SELECTED = 'test name does not match pattern';
/** The events that a reporter prints. */
const REPORTED = new Set(['test:pass', 'test:fail', 'test:diagnostic', 'test:stdout', 'test:stderr']);

process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

const root = resolve(fileURLToPath(import.meta.url), '../..');
// npm changes to the folder of the package.json; paths are relative to the folder that the user is in.
const from = process.env.INIT_CWD ?? process.cwd();
const { values: options, positionals } = readArguments();
const complete = options.complete ?? process.env.GUESTWIRE_TEST_COMPLETE === '1';

if (options.watch) {
  watch(root, [fileURLToPath(import.meta.url), ...process.argv.slice(2).filter((arg) => arg !== '--watch')]);
} else {
  if (options.build) build();
  runTests(selectFiles());
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        build: { type: 'boolean' },
        complete: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        summary: { type: 'boolean' },
        t: { type: 'string', short: 't' },
        unit: { type: 'boolean' },
        watch: { type: 'boolean' },
      },
    });
  } catch (error) {
    fail(error.message);
  }
}

function fail(message) {
  console.error(`test: ${message}`);
  process.exit(2);
}

function build() {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function selectFiles() {
  const here = packageOf(root, from);
  const paths = positionals.length === 0 && here !== undefined ? [here] : positionals;
  try {
    const files = selectTests(root, paths, from, options);
    if (files.length === 0) fail('no test selected; run `npm run build` first, or choose another --only');
    return files;
  } catch (error) {
    fail(error.message);
  }
}

function runTests(files) {
  /** The number of skipped tests for each reason. */
  const leftOut = new Map();
  let failed = 0;
  let passed = 0;
  const started = Date.now();
  const stream = run({
    files: options.unit ? inBatches(root, files, PROCESSES) : files.map((file) => resolve(root, file)),
    concurrency: PROCESSES,
    timeout: TEST_TIMEOUT_MS,
    ...(options.t !== undefined && { testNamePatterns: new RegExp(options.t) }),
  });
  stream.on('test:fail', () => failed++);
  stream.on('test:pass', ({ skip, details }) => {
    if (skip === undefined) {
      if (details.type !== 'suite') passed++;
      return;
    }
    if (skip === NOT_SELECTED) return;
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
      if (passed === 0) console.error('failed: no test was run');
      if (complete && leftOut.size > 0) console.error('failed: a complete run leaves nothing out');
      const isIncomplete = passed === 0 || (complete && leftOut.size > 0);
      process.exitCode = failed > 0 || isIncomplete ? 1 : 0;
    });
  });
  stream.compose(selectedOnly).compose(spec).pipe(process.stdout);
}

/** Drops the events of tests that `-t` does not select: the start of each, and that it was skipped. */
async function* selectedOnly(events) {
  let starts = [];
  for await (const event of events) {
    const { type, data } = event;
    if (type === 'test:start') {
      starts.push(event);
    } else if (data.skip === NOT_SELECTED) {
      starts = starts.filter(({ data: { name, nesting } }) => name !== data.name || nesting !== data.nesting);
    } else {
      if (REPORTED.has(type)) yield* starts.splice(0);
      yield event;
    }
  }
}
