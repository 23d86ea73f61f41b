import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { projectFolder } from '../compat/agents.js';

/** The output of `npm run package` in a temporary folder. Disposing it removes the folder. */
export interface Built extends Disposable {
  /** The single executable. */
  readonly executable: string;
  /** The Debian package. */
  readonly debianPackage: string;
}

/** Returns why packaging cannot run here, with the Debian packages to install; undefined if it can. */
export function whatIsMissing(): string | undefined {
  if (process.arch !== 'x64') return 'the single executable: it is made on x86-64 only';
  // The packager changes functions of the Node that it embeds.
  if (!process.versions.node.startsWith('20.')) return 'the single executable: it embeds Node 20';
  const packages = Object.entries({ '/usr/bin/strip': 'binutils', '/usr/bin/dpkg-deb': 'dpkg' })
    .filter(([path]) => !existsSync(path))
    .map(([, name]) => name);
  return packages.length === 0
    ? undefined
    : `the single executable and its Debian package: install ${packages.join(' ')}`;
}

/** Runs the packager with the given options and waits for its exit. */
export function packager(...options: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(projectFolder, 'tools/package.mjs'), ...options], {
    encoding: 'utf8',
  });
}

/** The version of the agent. */
export const { version } = JSON.parse(
  readFileSync(join(projectFolder, 'packages/agent/package.json'), 'utf8'),
) as { version: string };

/** Makes the executable and the Debian package. */
export function build(): Built {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-package-'));
  const { status, stdout, stderr } = packager(`--output=${folder}`, '--only=guestd');
  if (status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`the packager failed: ${stdout}${stderr}`);
  }
  return {
    executable: join(folder, 'guestd'),
    debianPackage: join(folder, `guestd_${version}_amd64.deb`),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
