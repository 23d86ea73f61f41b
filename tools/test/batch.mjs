import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

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
    writeFileSync(path, members.map((file) => `import '${resolve(root, file)}';\n`).join(''));
    return path;
  });
}
