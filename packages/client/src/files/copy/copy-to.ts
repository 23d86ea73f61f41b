import { realpath } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { asArgument, nameFor } from '../guest-path.js';
import { cannotRun } from '../guest-shell.js';
import type { Entry, Tree } from './entries.js';
import { GuestFolder, partialOf, programsOf } from './guest-folder.js';
import { guestEntries, guestTree } from './guest-tree.js';
import { type Job, verifies } from './job.js';
import { localPath, localTree } from './local-tree.js';
import type { CopySummary } from './options.js';
import { sendPlainly } from './plain.js';
import { type RawPath, rawOfText } from './raw-path.js';
import { sendEntries } from './to-guest.js';

function byPath(entries: readonly Entry[]): ReadonlyMap<RawPath, Entry> {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

function isFolder(tree: Tree | undefined): boolean {
  return tree?.root.kind === 'folder';
}

/** A file or folder of this machine: where it really is, and what it is called. */
interface Source {
  readonly local: string;
  readonly name: () => string;
}

async function copyFile(job: Job, { local, name }: Source, root: Entry, given: string): Promise<CopySummary> {
  const { guest, limits, progress } = job;
  const into = given.endsWith('/') || isFolder(await guestTree(guest, asArgument(given), false, limits));
  const path = into ? posix.join(given, name()) : given;
  const folder = new GuestFolder(guest, asArgument(posix.dirname(path)), limits);
  const entry = { ...root, path: rawOfText(posix.basename(path)) };
  const existing = byPath(
    await guestEntries(guest, folder.root, [entry.path, partialOf(entry.path)], limits),
  );
  const programs = await programsOf(guest, verifies(job), limits);
  const source = (): Buffer => Buffer.from(local);
  const done = await sendEntries({ ...job, folder, existing, source, programs }, [entry]);
  return progress.summary({ ...done, verified: verifies(job) });
}

async function copyFolder(
  job: Job,
  { local, name }: Source,
  { root, entries }: Tree,
  given: string,
): Promise<CopySummary> {
  const { guest, limits, progress, options } = job;
  const path = asArgument(given.endsWith('/') ? posix.join(given, name()) : given);
  const there = await guestTree(guest, path, true, limits);
  if (there !== undefined && !isFolder(there)) throw new TypeError(`${path} in the guest is no folder`);
  const folder = new GuestFolder(guest, path, limits);
  const programs = await programsOf(guest, verifies(job), limits);
  if (there === undefined)
    await new GuestFolder(guest, asArgument(posix.dirname(path)), limits).make([
      rawOfText(posix.basename(path)),
    ]);
  const source = (entry: RawPath): Buffer => localPath(local, entry);
  const existing = byPath(there?.entries ?? []);
  const { folders, links } = await sendEntries({ ...job, folder, existing, source, programs }, entries);
  if ((options.preserveMode ?? true) && there?.root.mode !== (root.mode & 0o1777)) {
    await folder.changeModes([{ path: '', mode: root.mode & 0o1777 }]);
  }
  return progress.summary({ folders: folders + 1, links, verified: verifies(job) });
}

/** Copies a file or a folder of this machine into the guest; see `GuestFiles.copyTo`. */
export async function copyTo(job: Job, given: string, guestPath: string): Promise<CopySummary> {
  const recursive = job.options.recursive ?? false;
  const local = await realpath(given);
  const from = { local, name: () => nameFor(basename(given)) };
  const tree = await localTree(local, recursive);
  if (tree.root.kind === 'folder' && !recursive)
    throw new TypeError(`${given} is a folder: copy it with recursive`);
  if (tree.root.kind !== 'folder' && tree.root.kind !== 'file')
    throw new TypeError(`${given} is neither a file nor a folder`);
  try {
    return tree.root.kind === 'folder'
      ? await copyFolder(job, from, tree, guestPath)
      : await copyFile(job, from, tree.root, guestPath);
  } catch (error) {
    if (!cannotRun(error) || tree.root.kind === 'folder') throw error;
    return await sendPlainly(job, from, tree.root, guestPath, error);
  }
}
