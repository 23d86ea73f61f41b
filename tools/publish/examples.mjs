// Runs the tests of examples/ against the tarballs, in a copy outside of the project.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './tools.mjs';
import { projectFolder, readJson } from './workspace.mjs';

const source = join(projectFolder, 'examples');

/** Folders that a developer's own runs leave behind. */
const LEFTOVERS = new Set(['node_modules', 'dist', 'generated']);

function readExamples() {
  return readdirSync(source, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, manifest: readJson(join(source, name, 'package.json')) }));
}

/** Returns the dependencies of an example on packages of this project whose range is not that of the current version. */
function outdated({ name, manifest }, packages) {
  const ranges = { ...manifest.dependencies, ...manifest.devDependencies };
  return packages
    .filter(
      (found) => ranges[found.name] !== undefined && ranges[found.name] !== `^${found.manifest.version}`,
    )
    .map((found) => `examples/${name}: ${found.name} is not ^${found.manifest.version}`);
}

/** Installs what all examples need once, and runs `npm test` in each. Returns what failed. */
export async function testExamples(packages, parent) {
  const examples = readExamples();
  const cwd = join(parent, 'examples');
  mkdirSync(cwd);
  cpSync(source, cwd, { recursive: true, filter: (path) => !LEFTOVERS.has(basename(path)) });
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const others = Object.assign(
    {},
    ...examples.map(({ manifest }) => ({ ...manifest.dependencies, ...manifest.devDependencies })),
  );
  const manifest = { private: true, dependencies: { ...others, ...tarballs }, overrides: tarballs };
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest, null, 2));
  await run(['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'], { cwd });
  const problems = examples.flatMap((example) => outdated(example, packages));
  for (const { name } of examples) {
    try {
      await run(['npm', 'test'], { cwd: join(cwd, name) });
    } catch (error) {
      problems.push(`examples/${name}: ${error.message}`);
    }
  }
  return problems;
}
