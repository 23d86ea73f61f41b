// The packages that are published, read from the workspace.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = resolve(fileURLToPath(import.meta.url), '../../..');

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Returns all packages of the workspace that are not private, in the order of the workspace. */
export function publicPackages() {
  return readJson(join(projectFolder, 'package.json'))
    .workspaces.map((folder) => ({
      folder,
      path: join(projectFolder, folder),
      manifest: readJson(join(projectFolder, folder, 'package.json')),
    }))
    .filter(({ manifest }) => !manifest.private)
    .map((found) => ({ ...found, name: found.manifest.name, shortName: found.manifest.name.split('/')[1] }));
}

/** Returns the entry points of a package: `{ subpath: '.', types: './dist/src/index.d.ts' }`. */
export function entryPoints({ name, manifest }) {
  return Object.entries(manifest.exports)
    .filter(([subpath]) => subpath !== './package.json')
    .map(([subpath, conditions]) => {
      if (typeof conditions.types !== 'string')
        throw new Error(`${name}: exports["${subpath}"] has no types`);
      return { subpath, types: conditions.types };
    });
}
