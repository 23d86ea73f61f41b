import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadTarget, readInputs, runTarget } from '@guestwire/fuzz';
import { projectFolder } from '../compat/agents.js';
import { targetFiles } from './targets.js';

/** New inputs of each target. With the fixed seed every run of the test is the same. */
const RUNS = 300;
const SEED = 20_261_129;
/** Files of the corpus stay small enough to be read. */
const CORPUS_LIMIT_BYTES = 512 * 1024;

const files = targetFiles();

describe('the invariants hold', () => {
  for (const { name, module, corpus, regressions } of files) {
    test(`of the fuzz target ${name}, for its corpus, regressions and ${RUNS} new inputs`, async () => {
      const target = await loadTarget(module);
      const result = await runTarget({
        module,
        corpus: [corpus, regressions],
        seed: SEED,
        runs: RUNS,
        seconds: 60,
      });
      const found = result.findings.map(
        ({ message, input }) => `${message} for ${JSON.stringify(Buffer.from(input).toString('latin1'))}`,
      );
      assert.deepEqual(found, []);
      assert.equal(result.statistics.executions, RUNS);
      assert.ok(readInputs(corpus).length > 0, `${corpus} has no inputs`);
      assert.ok(result.statistics.coverage > 0, `${target.covers.join(', ')} names no code that ran`);
    });
  }
});

test('every fuzz target has a corpus, and every corpus a target', () => {
  const names = files.map(({ name }) => `${name}.txt`);
  assert.deepEqual(readdirSync(join(projectFolder, 'fuzz/corpus')).sort(), names);
  const regressions = readdirSync(join(projectFolder, 'fuzz/regressions'));
  assert.deepEqual(
    regressions.filter((name) => !names.includes(name)),
    [],
  );
  for (const { corpus } of files) {
    assert.ok(existsSync(corpus) && readFileSync(corpus).length <= CORPUS_LIMIT_BYTES, corpus);
  }
});

test('docs/reliability.md lists every fuzz target', () => {
  const page = readFileSync(join(projectFolder, 'docs/reliability.md'), 'utf8');
  for (const { name } of files) assert.ok(page.includes(`| \`${name}\` |`), `${name} is missing`);
});
