import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open, rename, rmdir, symlink, unlink } from 'node:fs/promises';
import process from 'node:process';
import { GuestError } from '../../guest-error.js';
import { PARTIAL_FOLDER } from '../partial.js';
import { partialOf } from './guest-folder.js';
import { localError, namingFile } from './local-error.js';
import { bytesOfPath, displayPath, joinPath, parentOf, type RawPath } from './raw-path.js';
import { type Entry, kindOf, localPath, NOT_REPLACEABLE } from './tree.js';

/** Runs an operation, and returns `undefined` if it fails with one of these error codes. */
async function ignoring<T>(codes: readonly string[], operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return undefined;
    throw error;
  }
}

/**
 * A local folder, as the destination of a copy. The guest chooses names and links, so nothing is written through a link: a folder
 * is created, or checked not to be a link, before anything is put into it; a partial file is in a folder that only this user can
 * write to, and is renamed to its destination.
 */
export class LocalFolder {
  readonly root: string;
  /** Folders that were created or checked. */
  readonly #known = new Set<RawPath>();
  readonly #partials = new Set<RawPath>();

  constructor(root: string) {
    this.root = root;
  }

  /** Creates a folder and its parents, unless they exist. */
  async make(path: RawPath): Promise<void> {
    if (path === '' || this.#known.has(path)) return;
    await this.make(parentOf(path));
    await this.#makeOne(path);
    this.#known.add(path);
  }

  async #makeOne(path: RawPath): Promise<void> {
    const full = localPath(this.root, path);
    const making = mkdir(full, 0o700).then(() => true);
    const made = await ignoring(['EEXIST'], making);
    if (made !== true && (await this.stat(path))?.isDirectory() !== true) {
      throw localError(
        'EEXIST',
        'mkdir',
        full,
        'cannot create the folder: another file has this name; remove it',
      );
    }
  }

  /** Returns the `lstat` of a path; `undefined` if it does not exist. */
  async stat(path: RawPath): Promise<Stats | undefined> {
    return await ignoring(['ENOENT'], lstat(localPath(this.root, path)));
  }

  /** Throws an error for a path at which there is a device, a socket or a pipe, which a copy must not replace. */
  async checkReplaceable(path: RawPath): Promise<void> {
    const old = await this.stat(path);
    if (old === undefined || kindOf(old.mode) !== 'other') return;
    throw localError('EEXIST', 'rename', localPath(this.root, path), NOT_REPLACEABLE);
  }

  /** Opens the partial file of a path, has it written and closes it. With `resume` it may be that of an interrupted copy. */
  async writePartial(
    path: RawPath,
    resume: boolean,
    write: (file: FileHandle) => Promise<void>,
  ): Promise<void> {
    const file = await this.#openPartial(path, resume);
    try {
      await namingFile(localPath(this.root, path), () => write(file));
    } finally {
      await file.close();
    }
  }

  async #openPartial(path: RawPath, resume: boolean): Promise<FileHandle> {
    const partial = await this.#partialPath(path);
    if (resume) {
      const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const file = await ignoring(['ENOENT', 'ELOOP', 'ENXIO'], open(partial, flags));
      if (file !== undefined) {
        const stats = await file.stat();
        if (stats.isFile() && stats.nlink === 1) return file;
        await file.close();
      }
    }
    await ignoring(['ENOENT'], unlink(partial));
    const newFlags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return await open(partial, newFlags, 0o600);
  }

  /** Renames the partial file of a path to its destination. */
  async commit(path: RawPath): Promise<void> {
    await rename(localPath(this.root, partialOf(path)), localPath(this.root, path));
  }

  /** Creates a link. It must come after all files, so that nothing is written through it. */
  async link(path: RawPath, target: RawPath): Promise<void> {
    const partial = await this.#partialPath(path);
    await ignoring(['ENOENT'], unlink(partial));
    await symlink(bytesOfPath(target), partial);
    await this.commit(path);
  }

  async changeMode(path: RawPath, mode: number): Promise<void> {
    await chmod(localPath(this.root, path), mode);
  }

  /** Removes the folders for partial files that are empty, including those of an interrupted copy. */
  async removePartials(): Promise<void> {
    for (const folder of ['', ...this.#known]) {
      const partial = localPath(this.root, joinPath(folder, PARTIAL_FOLDER));
      await ignoring(['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'], rmdir(partial));
    }
  }

  /** Creates the folder of the partial file and returns its path. */
  async #partialPath(path: RawPath): Promise<Buffer> {
    const folder = joinPath(parentOf(path), PARTIAL_FOLDER);
    if (!this.#partials.has(folder)) {
      await this.#makeOne(folder);
      if ((await this.stat(folder))?.uid !== process.getuid?.()) {
        throw localError('EPERM', 'open', localPath(this.root, folder), 'owned by another user; remove it');
      }
      this.#partials.add(folder);
    }
    return localPath(this.root, partialOf(path));
  }
}

/** Returns the permissions of a local copy: those of the guest, without set-user-ID and set-group-ID. */
export function localMode({ kind, mode }: Entry): number {
  return mode & (kind === 'folder' ? 0o1777 : 0o777);
}

/** Characters that Windows does not allow in a name, or takes for a separator. */
const WINDOWS_RESERVED = /[\\:*?"<>|\u0000-\u001f]/;

/** Rejects names of a guest that are not valid on this machine. POSIX systems allow all of them. */
export function checkNames(entries: readonly Entry[]): void {
  if (process.platform !== 'win32') return;
  for (const { path } of entries) {
    if (!WINDOWS_RESERVED.test(path)) continue;
    const message = `${displayPath(path)}: not a valid file name on this machine`;
    throw new GuestError('command', message, { command: 'guest-exec' });
  }
}
