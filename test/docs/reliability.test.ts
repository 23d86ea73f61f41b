// Each fault in docs/reliability.md has a test with the title that the table gives, and each test of a fault has a row.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../compat/agents.js';

const FAULTS = join(projectFolder, 'test/faults');

/** Returns the full titles of the tests in a file that has one `describe`. */
function titlesIn(source: string): readonly string[] {
  const [, suite] = /describe\('([^']+)'/.exec(source) ?? [];
  return Array.from(source.matchAll(/^ {2}it\('([^']+)'/gm), ([, title]) => `${suite} ${title}`);
}

test('the table of faults and the tests of faults name each other', () => {
  const files = readdirSync(FAULTS).filter((name) => name.endsWith('.test.ts'));
  const tested = files.flatMap((name) => titlesIn(readFileSync(join(FAULTS, name), 'utf8')));
  assert.ok(tested.length > 15);
  const page = readFileSync(join(projectFolder, 'docs/reliability.md'), 'utf8');
  const rows = Array.from(page.matchAll(/^\|.*\| (guestd (?:with|that) [^|]+) \|$/gm), ([, title]) => title);
  assert.deepEqual(rows.toSorted(), tested.toSorted());
});
