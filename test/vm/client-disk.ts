import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { projectFolder } from '../compat/agents.js';
import type { DiskMaker } from './lab/disks.js';
import { ownedFolder } from './lab/owned-folder.js';
import { makeDisk } from './lab/recipes.js';

/** Packages with native code, which a bundle loads from its folder. */
const besideBundle = ['koffi', '@koromix/koffi-linux-x64'];

/** A disk with `node` and `client.mjs`, a program for a guest that has no Node. */
export const clientDisk: DiskMaker = async (path) => {
  await using tree = ownedFolder();
  copyFileSync(process.execPath, join(tree.path, 'node'));
  buildSync({
    entryPoints: [fileURLToPath(new URL('over-vsock.js', import.meta.url))],
    outfile: join(tree.path, 'client.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  for (const name of besideBundle) {
    const to = join(tree.path, 'node_modules', name);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(projectFolder, 'node_modules', name), to, { recursive: true });
  }
  makeDisk(tree.path, path, '300M');
};
