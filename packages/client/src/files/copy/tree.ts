import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { PARTIAL_FOLDER } from '../partial.js';
import { bytesOfPath, joinPath, type RawPath, rawPath } from './raw-path.js';

/** A file, folder or link of a copy. */
export interface Entry {
  readonly path: RawPath;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permissions, without the type bits. */
  readonly mode: number;
  /** Size in bytes of a file. */
  readonly size: number;
  /** Target of a link. */
  readonly target: RawPath;
}

/** A folder with its contents, or a single file. */
export interface Tree {
  readonly root: Entry;
  /** All entries of a folder, each after the folder that contains it. */
  readonly entries: readonly Entry[];
}

const KINDS: ReadonlyMap<number, Entry['kind']> = new Map([
  [0o10, 'file'],
  [0o4, 'folder'],
  [0o12, 'link'],
]);

/** Why a copy does not replace an entry of the kind `other`. */
export const NOT_REPLACEABLE = 'cannot replace it: it is a device, a socket or a pipe';

/** Returns the kind of entry with these `st_mode` bits. */
export function kindOf(mode: number): Entry['kind'] {
  return KINDS.get((mode >> 12) & 0o17) ?? 'other';
}

/** Returns the local path of an entry below a folder. */
export function localPath(root: string, path: RawPath): Buffer {
  return path === '' ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), bytesOfPath(path)]);
}

function entryOf(path: RawPath, stats: Stats, target: RawPath): Entry {
  const size = stats.isFile() ? stats.size : 0;
  return { path, kind: kindOf(stats.mode), mode: stats.mode & 0o7777, size, target };
}

async function* walk(root: string, folder: RawPath): AsyncIterable<Entry> {
  const names = await readdir(localPath(root, folder), { encoding: 'buffer' });
  for (const name of names.map(rawPath).sort()) {
    if (name === PARTIAL_FOLDER) continue;
    const path = joinPath(folder, name);
    const full = localPath(root, path);
    const stats = await lstat(full);
    const target = stats.isSymbolicLink() ? rawPath(await readlink(full, { encoding: 'buffer' })) : '';
    const entry = entryOf(path, stats, target);
    yield entry;
    if (entry.kind === 'folder') yield* walk(root, path);
  }
}

/** Lists a local file or folder. A link at `path` is followed, those below are not. */
export async function localTree(path: string, recursive: boolean): Promise<Tree> {
  const root = entryOf('', await stat(path), '');
  const entries: Entry[] = [];
  if (recursive && root.kind === 'folder') for await (const entry of walk(path, '')) entries.push(entry);
  return { root, entries };
}
