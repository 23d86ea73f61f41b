// Copies a new version, which changesets has set in the packages, to all places that repeat it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder, publicPackages, readJson } from './workspace.mjs';

const packages = publicPackages();
// All packages have one version: `fixed` in .changeset/config.json.
const { version } = packages[0].manifest;
const names = new Set(packages.map(({ name }) => name));

function replaceIn(path, pattern, replacement) {
  const text = readFileSync(path, 'utf8');
  const changed = text.replaceAll(pattern, replacement);
  if (changed !== text) writeFileSync(path, changed);
}

/** Sets the ranges of dependencies on the packages: `0.1.0` and `^0.1.0` keep their form. */
function updateRanges(manifest) {
  replaceIn(manifest, /"(@guestwire\/[a-z-]+)": "(\^?)\d[^"]*"/g, (found, name, caret) =>
    names.has(name) ? `"${name}": "${caret}${version}"` : found,
  );
}

const { workspaces } = readJson(join(projectFolder, 'package.json'));
const examples = readdirSync(join(projectFolder, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `examples/${name}`);
for (const folder of [...workspaces, ...examples]) updateRanges(join(projectFolder, folder, 'package.json'));
for (const { path } of packages) {
  const source = join(path, 'src/version.ts');
  if (existsSync(source)) replaceIn(source, /VERSION = '[^']*'/g, `VERSION = '${version}'`);
}
replaceIn(join(projectFolder, 'README.md'), /guestd_\d+\.\d+\.\d+_/g, `guestd_${version}_`);
