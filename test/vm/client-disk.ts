import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { projectFolder } from '../compat/agents.js';
import type { DiskMaker } from './lab/disks.js';
import { ownedFolder } from './lab/owned-folder.js';
import { makeDisk } from './lab/recipes.js';

/** What a bundle finds beside itself, since it is no JavaScript. */
const besideBundle = ['koffi', '@koromix/koffi-linux-x64'];

/** A disk with what runs a program of ours in a guest that has no Node: `node`, and `client.mjs`, the program. */
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
