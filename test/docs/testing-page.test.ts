// The programs in docs/testing.md and the package's README compile and pass; the page names every export.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as testing from '@guestwire/testing';
import { blocksOf, projectFile, readersFolder } from './support.js';

const PAGE = 'docs/testing.md';
const programs = [PAGE, 'packages/testing/README.md'].flatMap((page) => blocksOf(page, 'ts'));

test('the programs in docs/testing.md and packages/testing/README.md compile and pass', () => {
  using folder = readersFolder();
  for (const [i, program] of programs.entries()) folder.write(`page${i}.ts`, `${program}\n`);
  folder.compile();
  let passed = 0;
  for (const i of programs.keys()) {
    const report = folder.run(`built/page${i}.js`);
    passed += Number(/^# pass (\d+)$/m.exec(report)?.[1]);
    assert.match(report, /^# fail 0$/m);
  }
  assert.equal(passed, programs.join('\n').match(/^test\(/gm)?.length);
});

describe('docs/testing.md mentions', () => {
  for (const name of Object.keys(testing)) {
    test(name, () => {
      assert.ok(new RegExp(`\\b${name}\\b`).test(projectFile(PAGE)));
    });
  }
});
