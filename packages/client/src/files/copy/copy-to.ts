import { realpath } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { invalidArgument } from '../../invalid-argument.js';
import { cannotRunPrograms, pathArgument } from '../guest-shell.js';
import { findPrograms, GuestFolder, partialOf } from './guest-folder.js';
import { guestEntries, guestTree } from './guest-tree.js';
import { type CopyJob, copyName } from './job.js';
import { type RawPath, rawOfText } from './raw-path.js';
import { type Entry, localPath, localTree, type Tree } from './tree.js';
import { uploadEntries } from './upload.js';
import { uploadWithoutPrograms } from './without-programs.js';

function byPath(entries: readonly Entry[]): ReadonlyMap<RawPath, Entry> {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

function isFolder(tree: Tree | undefined): boolean {
  return tree?.root.kind === 'folder';
}

/** A local file or folder: its real path, and the name of its copy. */
interface LocalSource {
  readonly local: string;
  readonly name: () => string;
}

async function copyFile(job: CopyJob, from: LocalSource, root: Entry, destination: string): Promise<void> {
  const { shell } = job;
  const intoFolder =
    destination.endsWith('/') || isFolder(await guestTree(shell, pathArgument(destination), false));
  const path = intoFolder ? posix.join(destination, from.name()) : destination;
  const folder = new GuestFolder(shell, pathArgument(posix.dirname(path)));
  const entry = { ...root, path: rawOfText(posix.basename(path)) };
  const names = [entry.path, partialOf(entry.path)];
  const existing = byPath(await guestEntries(shell, folder.root, names));
  const programs = await findPrograms(shell, job.verify);
  const source = (): Buffer => Buffer.from(from.local);
  await uploadEntries({ ...job, folder, existing, source, programs }, [entry]);
}

async function copyFolder(job: CopyJob, from: LocalSource, tree: Tree, destination: string): Promise<void> {
  const { shell, preserveMode } = job;
  const path = pathArgument(destination.endsWith('/') ? posix.join(destination, from.name()) : destination);
  const old = await guestTree(shell, path, true);
  if (old !== undefined && !isFolder(old)) throw invalidArgument(`${path} in the guest is not a folder`);
  const folder = new GuestFolder(shell, path);
  const programs = await findPrograms(shell, job.verify);
  if (old === undefined) {
    const parent = new GuestFolder(shell, pathArgument(posix.dirname(path)));
    await parent.make([rawOfText(posix.basename(path))]);
  }
  const source = (entry: RawPath): Buffer => localPath(from.local, entry);
  const existing = byPath(old?.entries ?? []);
  job.progress.add('folders', 1);
  await uploadEntries({ ...job, folder, existing, source, programs }, tree.entries);
  const mode = tree.root.mode & 0o1777;
  if (preserveMode && old?.root.mode !== mode) await folder.changeModes([{ path: '', mode }]);
}

/** Copies a local file or folder into the guest; see `GuestFiles.copyTo`. */
export async function copyTo(job: CopyJob, path: string, destination: string): Promise<void> {
  const recursive = job.options.recursive ?? false;
  const local = await realpath(path);
  const source = { local, name: () => copyName(basename(path)) };
  const tree = await localTree(local, recursive);
  const { kind } = tree.root;
  if (kind === 'folder' && !recursive) throw invalidArgument(`${path} is a folder: copy it with recursive`);
  if (kind !== 'folder' && kind !== 'file') throw invalidArgument(`${path} is neither a file nor a folder`);
  if (kind === 'folder') return await copyFolder(job, source, tree, destination);
  try {
    await copyFile(job, source, tree.root, destination);
  } catch (error) {
    if (!cannotRunPrograms(error)) throw error;
    await uploadWithoutPrograms(job, source, tree.root, destination, error);
  }
}
