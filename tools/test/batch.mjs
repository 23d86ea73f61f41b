import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Runs of a property in unit tests; all tests together run the full number. */
const PROPERTY_RUNS = 25;

/**
 * Spreads test files over a few modules that import them, and returns these modules. A process for each file costs more
 * than most unit tests take; tests that share one process must not change its global state.
 *
 * @param root the project's folder; `files` are relative to it
 */
export function inBatches(root, files, count) {
  const folder = join(root, 'node_modules/.cache/guestwire');
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: count }, (_, batch) => {
    const members = files.filter((_file, index) => index % count === batch);
    const path = join(folder, `unit-tests-${batch + 1}.mjs`);
    const lines = [
      "import fc from 'fast-check';",
      `fc.configureGlobal({ numRuns: ${PROPERTY_RUNS} });`,
      ...members.map((file) => `await import('${pathToFileURL(resolve(root, file)).href}');`),
    ];
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  });
}
