// Checks that the packages can be published and used: npm run check:publish. Takes about three minutes.
//
//   node tools/publish/check.mjs [--keep]       (after a build)
//
// --keep leaves the folder with the tarballs and the installed packages.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { billProblems } from './bills.mjs';
import { runConsumers } from './consumers.mjs';
import { testExamples } from './examples.mjs';
import { formatMatrix, unexpectedCells } from './matrix.mjs';
import { manifestProblems, pack, tarballProblems } from './tarballs.mjs';
import { installTools, run, runtimes } from './tools.mjs';
import { publicPackages } from './workspace.mjs';

const API_PROGRAM = fileURLToPath(new URL('api.mjs', import.meta.url));

const problems = [];
const started = Date.now();

async function step(title, action) {
  const begun = Date.now();
  const found = await action();
  problems.push(...found);
  console.log(
    `${found.length === 0 ? 'ok    ' : 'FAILED'} ${title} (${Math.round((Date.now() - begun) / 1000)} s)`,
  );
  for (const problem of found) console.error(problem.replaceAll(/^/gm, '       '));
}

/** Returns the message of the error that the action throws, if any. */
async function failure(action) {
  try {
    await action();
    return [];
  } catch (error) {
    return [error.message];
  }
}

const folder = mkdtempSync(join(tmpdir(), 'guestwire-publish-'));
try {
  await step('tools are installed', () => failure(installTools));
  const packages = await pack(publicPackages(), folder);
  await step(`manifests and contents of ${packages.length} packages`, () =>
    packages.flatMap(manifestProblems),
  );
  await step('bills of materials', () => billProblems(packages));
  await Promise.all([
    step('publint and arethetypeswrong', async () => {
      const found = [];
      for (const packed of packages) found.push(...(await tarballProblems(packed)));
      return found;
    }),
    step('API reports', () => failure(() => run([process.execPath, API_PROGRAM, '--check']))),
  ]);
  let rows = [];
  await step('install, compile and run outside of the project', async () => {
    const errors = await failure(async () => {
      rows = await runConsumers(packages, await runtimes(), folder);
    });
    return [...errors, ...unexpectedCells(rows)];
  });
  console.log(`\n${formatMatrix(rows)}\n`);
  await step('examples', () => testExamples(packages, folder));
} finally {
  if (process.argv.includes('--keep')) console.log(`kept ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
const seconds = Math.round((Date.now() - started) / 1000);
console.log(
  problems.length === 0
    ? `the packages can be published (${seconds} s)`
    : `${problems.length} problems (${seconds} s)`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
