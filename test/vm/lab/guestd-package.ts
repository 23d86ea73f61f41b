import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { projectFolder } from '../../compat/agents.js';
import { keyOf } from './cache.js';

const folder = join(projectFolder, 'dist/package');

/** The name of the file with the hash of the package's sources. */
const stamp = join(folder, '.made-from');

/** The sources of the package. */
const sources = [
  ...['agent', 'protocol', 'schema'].map((name) => `packages/${name}/src`),
  ...['CHANGELOG.md', 'package-lock.json', 'packages/agent/package.json', 'packaging'],
  ...['tools/package', 'tools/package.mjs'],
].map((path) => join(projectFolder, path));

function filesOf(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw error;
  }
}

function sourcesKey(): string {
  return keyOf(
    process.version,
    ...sources.flatMap(filesOf).flatMap((path) => [relative(projectFolder, path), readFileSync(path)]),
  );
}

function packagePath(): string {
  const manifest = readFileSync(join(projectFolder, 'packages/agent/package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return join(folder, `guestd_${version}_amd64.deb`);
}

function isUpToDate(key: string): boolean {
  return existsSync(packagePath()) && existsSync(stamp) && readFileSync(stamp, 'utf8') === key;
}

/**
 * Returns the Debian package of guestd as `npm run package` makes it, and makes it if it is missing or out of date. Other
 * processes wait for it.
 */
export function guestdPackage(): string {
  const key = sourcesKey();
  if (!isUpToDate(key)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('/usr/bin/flock', [folder, process.execPath, fileURLToPath(import.meta.url), key], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  return packagePath();
}

// This module runs itself as a program, under the lock.
const [, program, key] = process.argv;
if (program === fileURLToPath(import.meta.url) && key !== undefined && !isUpToDate(key)) {
  execFileSync(process.execPath, [join(projectFolder, 'tools/package.mjs'), '--only=guestd'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(stamp, key);
}
