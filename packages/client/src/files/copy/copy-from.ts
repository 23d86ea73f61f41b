import { stat } from 'node:fs/promises';
import { basename, dirname, join, posix, sep } from 'node:path';
import { GuestError } from '../../guest-error.js';
import { invalidArgument } from '../../invalid-argument.js';
import { cannotRunPrograms, pathArgument } from '../guest-shell.js';
import { PARTIAL_FOLDER } from '../partial.js';
import { downloadEntries } from './download.js';
import { findPrograms, GuestFolder } from './guest-folder.js';
import { guestTree } from './guest-tree.js';
import { type CopyJob, copyName } from './job.js';
import { LocalFolder, localMode } from './local-folder.js';
import { rawOfText } from './raw-path.js';
import type { Tree } from './tree.js';
import { downloadWithoutPrograms } from './without-programs.js';

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function namesFolder(path: string): boolean {
  return path.endsWith('/') || path.endsWith(sep);
}

/** Returns the local destination of a file. */
async function localFileFor(guestPath: string, local: string): Promise<string> {
  return namesFolder(local) || (await isFolder(local)) ? join(local, copyName(guestPath)) : local;
}

async function copyFile(job: CopyJob, { root }: Tree, guestPath: string, destination: string): Promise<void> {
  const local = await localFileFor(guestPath, destination);
  const entry = { ...root, path: rawOfText(basename(local)) };
  const source = (): string => rawOfText(posix.basename(guestPath));
  const programs = await findPrograms(job.shell, job.verify);
  const folder = new LocalFolder(dirname(local));
  const guestFolder = new GuestFolder(job.shell, pathArgument(posix.dirname(guestPath)));
  await downloadEntries({ ...job, guestFolder, folder, source, programs }, [entry]);
}

async function copyFolder(job: CopyJob, tree: Tree, guestPath: string, destination: string): Promise<void> {
  const local = namesFolder(destination) ? join(destination, copyName(guestPath)) : destination;
  const programs = await findPrograms(job.shell, job.verify);
  if (!(await isFolder(local))) await new LocalFolder(dirname(local)).make(rawOfText(basename(local)));
  const folder = new LocalFolder(local);
  const guestFolder = new GuestFolder(job.shell, pathArgument(guestPath));
  job.progress.add('folders', 1);
  // Partial files of an interrupted copy to the guest are not part of the folder.
  const entries = tree.entries.filter(({ path }) => !path.split('/').includes(PARTIAL_FOLDER));
  await downloadEntries({ ...job, guestFolder, folder, source: (path) => path, programs }, entries);
  await folder.changeMode('', job.preserveMode ? localMode(tree.root) : 0o755);
}

/** Copies a file or folder of the guest to this machine; see `GuestFiles.copyFrom`. */
export async function copyFrom(job: CopyJob, guestPath: string, destination: string): Promise<void> {
  const recursive = job.options.recursive ?? false;
  let tree: Tree | undefined;
  try {
    tree = await guestTree(job.shell, pathArgument(guestPath), recursive);
  } catch (error) {
    if (!cannotRunPrograms(error) || recursive) throw error;
    return await downloadWithoutPrograms(job, guestPath, await localFileFor(guestPath, destination));
  }
  if (tree === undefined) {
    const message = `${guestPath}: no such file in the guest`;
    throw new GuestError('command', message, { command: 'guest-exec' });
  }
  if (tree.root.kind === 'file') return await copyFile(job, tree, guestPath, destination);
  if (tree.root.kind !== 'folder') throw invalidArgument(`${guestPath} is neither a file nor a folder`);
  if (!recursive) throw invalidArgument(`${guestPath} is a folder: copy it with recursive`);
  return await copyFolder(job, tree, guestPath, destination);
}
