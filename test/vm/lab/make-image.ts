// Makes the image of a guest. The cache starts this program under its lock:
//
//   node make-image.js KIND FOLDER               from nothing
//   node make-image.js KIND BASE PACKAGE FOLDER  from another image's folder, with a Debian package installed
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { workFolderOf } from './cache.js';
import { type GuestKind, installPackage, makeImage, makeTree } from './recipes.js';

const [kind, ...paths] = process.argv.slice(2) as [GuestKind, ...string[]];
const folder = paths.pop();
const [base, packageFile] = paths;
if (folder === undefined) throw new Error('usage: make-image.js KIND [BASE PACKAGE] FOLDER');

// The previous holder of the lock may have made it.
if (!existsSync(folder)) {
  const work = workFolderOf(folder);
  const tree = join(work, 'tree');
  if (base === undefined || packageFile === undefined) makeTree(kind, tree);
  else installPackage(join(base, 'tree'), tree, packageFile);
  makeImage(work);
  // The base of other images is also kept as a folder.
  if (base !== undefined) rmSync(tree, { recursive: true });
  renameSync(work, folder);
}
