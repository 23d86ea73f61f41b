import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open, rename, rmdir, symlink, unlink } from 'node:fs/promises';
import process from 'node:process';
import { GuestError } from '../../guest-error.js';
import { PARTIAL_FOLDER } from '../partial.js';
import type { Entry } from './entries.js';
import { partialOf } from './guest-folder.js';
import { localPath } from './local-tree.js';
import { bytesOfPath, parentOf, type RawPath, shown, within } from './raw-path.js';

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

async function lookAt(path: Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function inTheWay(path: Buffer, what: string): Error {
  return new Error(`${path}: ${what}`);
}

/**
 * A folder of this machine that a guest's files are copied to. The guest chooses names and links, so nothing is written
 * through a link: a folder is made, or is seen to be one and no link, before anything is put into it; a file grows under
 * a name of its own in a folder that only we can write to, and takes its place by being renamed.
 */
export class LocalFolder {
  readonly root: string;
  /** Folders that have been looked at, or made. */
  readonly #known = new Set<RawPath>();
  readonly #partials = new Set<RawPath>();

  constructor(root: string) {
    this.root = root;
  }

  /** Makes a folder in one that has been made, or makes sure that there is one. */
  async make(path: RawPath): Promise<void> {
    if (path === '' || this.#known.has(path)) return;
    await this.make(parentOf(path));
    await this.#makeOne(path);
    this.#known.add(path);
  }

  async #makeOne(path: RawPath): Promise<void> {
    const full = localPath(this.root, path);
    try {
      await mkdir(full, 0o700);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      const there = await lookAt(full);
      if (there?.isDirectory() !== true)
        throw inTheWay(full, 'a folder is to be put here; remove what is in the way');
    }
  }

  /** What is there: the length of a file, where a link leads. */
  async look(path: RawPath): Promise<Stats | undefined> {
    return await lookAt(localPath(this.root, path));
  }

  /** Opens the file that is to be put at `path`: the one that an interrupted copy left, or a new one. */
  async openPartial(path: RawPath, resume: boolean): Promise<FileHandle> {
    const partial = await this.#freshOrBegun(path);
    if (resume) {
      try {
        const file = await open(partial, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        const stats = await file.stat();
        if (stats.isFile() && stats.nlink === 1) return file;
        await file.close();
      } catch (error) {
        if (!hasCode(error, 'ENOENT', 'ELOOP', 'ENXIO')) throw error;
      }
    }
    await this.#remove(partial);
    return await open(
      partial,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
  }

  /** Puts what has grown in place. */
  async putInPlace(path: RawPath): Promise<void> {
    await rename(localPath(this.root, partialOf(path)), localPath(this.root, path));
  }

  /** Puts a link in place. Nothing is written through it: it comes after all files. */
  async link(path: RawPath, target: RawPath): Promise<void> {
    const partial = await this.#freshOrBegun(path);
    await this.#remove(partial);
    await symlink(bytesOfPath(target), partial);
    await this.putInPlace(path);
  }

  /** Gives a folder that has been made its permissions. */
  async changeMode(path: RawPath, mode: number): Promise<void> {
    await chmod(localPath(this.root, path), mode);
  }

  /** Removes the folders in which files grew, in this copy or an interrupted one, where they are empty. */
  async removePartials(): Promise<void> {
    for (const folder of ['', ...this.#known]) {
      const partial = localPath(this.root, within(folder, PARTIAL_FOLDER));
      await rmdir(partial).catch((error: unknown) => {
        if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR')) throw error;
      });
    }
  }

  /** Where the file grows; the folder for that is there. */
  async #freshOrBegun(path: RawPath): Promise<Buffer> {
    const folder = within(parentOf(path), PARTIAL_FOLDER);
    if (!this.#partials.has(folder)) {
      await this.#makeOne(folder);
      const { uid } = (await this.look(folder)) ?? {};
      if (uid !== process.getuid?.())
        throw inTheWay(localPath(this.root, folder), 'it is not yours; remove it');
      this.#partials.add(folder);
    }
    return localPath(this.root, partialOf(path));
  }

  async #remove(path: Buffer): Promise<void> {
    await unlink(path).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }
}

/** Permissions that a copy gets on this machine: those of the guest, but nothing by which a program gets somebody's rights. */
export function localMode({ kind, mode }: Entry): number {
  return mode & (kind === 'folder' ? 0o1777 : 0o777);
}

/** What a name cannot hold on Windows, or what leads elsewhere there. */
const FOREIGN = /[\\:*?"<>|\u0000-\u001f]/;

/**
 * Makes sure that the names of a guest are names on this machine.
 *
 * @throws {GuestError} `command` if one is none; POSIX systems take all that a list of files can hold
 */
export function checkNames(paths: Iterable<RawPath>): void {
  if (process.platform !== 'win32') return;
  for (const path of paths) {
    if (!FOREIGN.test(path)) continue;
    throw new GuestError('command', `${shown(path)}: this machine cannot have a file of that name`, {
      command: 'guest-exec',
    });
  }
}
