import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file atomically, with mode 0600; when this resolves, the new contents are on the disk. Links at `path` are
 * replaced, not followed: other users may be able to create them in the folder. Rejects with a system error.
 * @returns the new file, open for writing, which the caller closes
 */
export async function replaceFile(path: string, contents: string): Promise<FileHandle> {
  // Another process cannot choose the same name, and a file that is there is not opened. `node:crypto` would take a third
  // of a megabyte in each agent.
  const unique = (process.hrtime.bigint() ^ (BigInt(process.pid) << 24n)) & 0xffff_ffff_ffffn;
  const temporary = `${path}.${unique.toString(16).padStart(12, '0')}`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'wx', 0o600);
    await file.writeFile(contents);
    // Without this, a crash of the machine could leave an empty file.
    await file.sync();
    await rename(temporary, path);
    return file;
  } catch (error) {
    await file?.close();
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Removes the temporary files of {@link replaceFile} of processes that were killed. Never rejects. */
export async function removeReplacements(path: string): Promise<void> {
  const folder = dirname(path);
  const isTemporary = (name: string): boolean =>
    name.startsWith(`${basename(path)}.`) && /\.[0-9a-f]{12}$/.test(name);
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.filter(isTemporary).map((name) => unlink(join(folder, name)).catch(() => {})));
}
