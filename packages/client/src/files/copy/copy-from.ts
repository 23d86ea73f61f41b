import { stat } from 'node:fs/promises';
import { basename, dirname, join, posix, sep } from 'node:path';
import { GuestError } from '../../guest-error.js';
import { asArgument, nameFor } from '../guest-path.js';
import { cannotRun } from '../guest-shell.js';
import { PARTIAL_FOLDER } from '../partial.js';
import type { Tree } from './entries.js';
import { bringEntries } from './from-guest.js';
import { programsOf } from './guest-folder.js';
import { guestTree } from './guest-tree.js';
import { type Job, verifies } from './job.js';
import { LocalFolder, localMode } from './local-folder.js';
import type { CopySummary } from './options.js';
import { bringPlainly } from './plain.js';
import { rawOfText } from './raw-path.js';

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function endsLikeFolder(path: string): boolean {
  return path.endsWith('/') || path.endsWith(sep);
}

/** The file of this machine that a file of the guest becomes. */
async function localFileFor(guestPath: string, local: string): Promise<string> {
  return endsLikeFolder(local) || (await isFolder(local)) ? join(local, nameFor(guestPath)) : local;
}

async function copyFile(job: Job, { root }: Tree, guestPath: string, given: string): Promise<CopySummary> {
  const local = await localFileFor(guestPath, given);
  const entry = { ...root, path: rawOfText(basename(local)) };
  const source = (): string => rawOfText(posix.basename(guestPath));
  const programs = await programsOf(job.guest, verifies(job), job.limits);
  const folder = new LocalFolder(dirname(local));
  const done = await bringEntries(
    { ...job, root: asArgument(posix.dirname(guestPath)), folder, source, programs },
    [entry],
  );
  return job.progress.summary({ ...done, verified: verifies(job) });
}

async function copyFolder(
  job: Job,
  { root, entries }: Tree,
  guestPath: string,
  given: string,
): Promise<CopySummary> {
  const local = endsLikeFolder(given) ? join(given, nameFor(guestPath)) : given;
  const programs = await programsOf(job.guest, verifies(job), job.limits);
  const parent = new LocalFolder(dirname(local));
  const name = rawOfText(basename(local));
  if (!(await isFolder(local))) await parent.make(name);
  const folder = new LocalFolder(local);
  const { folders, links } = await bringEntries(
    { ...job, root: asArgument(guestPath), folder, source: (path) => path, programs },
    // What an interrupted copy to the guest has left there is not part of it.
    entries.filter(({ path }) => !path.split('/').includes(PARTIAL_FOLDER)),
  );
  await folder.changeMode('', (job.options.preserveMode ?? true) ? localMode(root) : 0o755);
  return job.progress.summary({ folders: folders + 1, links, verified: verifies(job) });
}

/** Copies a file or a folder of the guest to this machine; see `GuestFiles.copyFrom`. */
export async function copyFrom(job: Job, guestPath: string, local: string): Promise<CopySummary> {
  const recursive = job.options.recursive ?? false;
  let tree: Tree | undefined;
  try {
    tree = await guestTree(job.guest, asArgument(guestPath), recursive, job.limits);
  } catch (error) {
    if (!cannotRun(error) || recursive) throw error;
    return await bringPlainly(job, guestPath, await localFileFor(guestPath, local));
  }
  if (tree === undefined) {
    throw new GuestError('command', `${guestPath}: there is no such file in the guest`, {
      command: 'guest-exec',
    });
  }
  if (tree.root.kind === 'folder' && !recursive) {
    throw new TypeError(`${guestPath} is a folder: copy it with recursive`);
  }
  if (tree.root.kind === 'folder') return await copyFolder(job, tree, guestPath, local);
  if (tree.root.kind === 'file') return await copyFile(job, tree, guestPath, local);
  throw new TypeError(`${guestPath} is neither a file nor a folder`);
}
