import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { PARTIAL_FOLDER } from '../partial.js';
import { type Entry, kindOf, type Tree } from './entries.js';
import { bytesOfPath, type RawPath, rawPath, within } from './raw-path.js';

/** A path below a folder of this machine. */
export function localPath(root: string, path: RawPath): Buffer {
  return path === '' ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), bytesOfPath(path)]);
}

function entryOf(path: RawPath, stats: Stats, target: RawPath): Entry {
  return {
    path,
    kind: kindOf(stats.mode),
    mode: stats.mode & 0o7777,
    size: stats.isFile() ? stats.size : 0,
    target,
  };
}

async function below(root: string, path: RawPath): Promise<Entry> {
  const full = localPath(root, path);
  const stats = await lstat(full);
  const target = stats.isSymbolicLink() ? rawPath(await readlink(full, { encoding: 'buffer' })) : '';
  return entryOf(path, stats, target);
}

async function* walk(root: string, folder: RawPath): AsyncGenerator<Entry, void, undefined> {
  const names = await readdir(localPath(root, folder), { encoding: 'buffer' });
  for (const name of names.map(rawPath).sort()) {
    if (name === PARTIAL_FOLDER) continue;
    const entry = await below(root, within(folder, name));
    yield entry;
    if (entry.kind === 'folder') yield* walk(root, entry.path);
  }
}

/**
 * Looks at a file or a folder of this machine, and at all that it holds if that is asked for. A link at the path itself is followed, those
 * below are not.
 *
 * @throws {Error} of the filesystem, with its `code`
 */
export async function localTree(path: string, recursive: boolean): Promise<Tree> {
  const root = entryOf('', await stat(path), '');
  const entries: Entry[] = [];
  if (recursive && root.kind === 'folder') for await (const entry of walk(path, '')) entries.push(entry);
  return { root, entries };
}
