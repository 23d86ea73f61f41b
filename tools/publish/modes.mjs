// Gives the files of the public packages the modes that they have in a tarball, whatever the umask of the build was:
//
//   node tools/publish/modes.mjs
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { publicPackages } from './workspace.mjs';

/** The parts of a package that npm packs besides the listed ones. */
const ALWAYS_PACKED = ['package.json', 'README.md', 'LICENSE'];

/** Sets the modes of all files that are packed: npm stores them, and removes only the right to write from others. */
export function normalizeModes(packages = publicPackages()) {
  for (const { path, manifest } of packages) {
    for (const name of [...ALWAYS_PACKED, ...manifest.files]) normalize(join(path, name));
  }
}

function normalize(path) {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    for (const name of readdirSync(path)) normalize(join(path, name));
  } else if (stats?.isFile()) {
    chmodSync(path, (stats.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) normalizeModes();
