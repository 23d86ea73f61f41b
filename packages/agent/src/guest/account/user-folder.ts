import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import {
  closeFd,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EPERM,
  errnoOf,
  O_PATH,
  O_TMPFILE,
  openFd,
  systemError,
} from '@guestwire/posix';
import type { GuestUser } from './user-database.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** A user, and the folder that contains the guest's files; `''` for the real root. */
export interface FolderOwner {
  readonly root: string;
  readonly user: GuestUser;
}

/**
 * An open folder. Paths in it are relative to its descriptor, so that they stay valid if the user renames or replaces the
 * folder. Its functions do not wait for threads, since the rights of a user are those of one thread. They throw system
 * errors.
 */
export class UserFolder implements Disposable {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Opens a user's home. The folder itself may be a link. */
  static home(owner: FolderOwner): UserFolder {
    return new UserFolder(openSync(homePath(owner), O_PATH | O_DIRECTORY));
  }

  path(name: string): string {
    return `/proc/self/fd/${this.fd}/${name}`;
  }

  /** Opens a file without following a link. */
  openFile(name: string, flags: number, mode?: number): number {
    return openSync(this.path(name), flags | O_NOFOLLOW, mode);
  }

  /** Opens a folder in this one without following a link. */
  openFolder(name: string): UserFolder {
    try {
      return new UserFolder(this.openFile(name, O_RDONLY | O_DIRECTORY));
    } catch (error) {
      // The kernel reports ENOTDIR for a link.
      const isLink = errnoOf(error) === ENOTDIR && lstatSync(this.path(name)).isSymbolicLink();
      throw isLink ? systemError(ELOOP, 'open') : error;
    }
  }

  /** Throws `EPERM` if the folder belongs to another user, who can have moved it here. */
  checkOwner({ uid }: GuestUser): void {
    if (fstatSync(this.fd).uid !== uid) throw systemError(EPERM, 'open');
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/**
 * Waits in the thread pool until the filesystem of a user's home responds, so that this thread does not wait for a network
 * that is down.
 * @returns false if the folder does not exist
 */
export async function hasHome(owner: FolderOwner): Promise<boolean> {
  try {
    await closeFd(await openFd(homePath(owner), O_PATH | O_DIRECTORY));
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    // Otherwise, only the user may be able to search the folder.
    return errno !== ENOENT && errno !== ENOTDIR;
  }
}

/**
 * Waits in the thread pool until the filesystem of a folder in a user's home, or of the home if it is missing, can be
 * written. If another program has frozen it, this thread would wait for the thaw that a host may ask it for. Whether the
 * user may write there is not checked.
 */
export async function untilWritable(owner: FolderOwner, name: string): Promise<void> {
  const home = homePath(owner);
  try {
    await makeUnnamedFile(`${home}/${name}`, O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === ENOENT) await makeUnnamedFile(home, 0).catch(() => {});
  }
}

/** Rejects with a system error, also on a filesystem without unnamed files. */
async function makeUnnamedFile(folder: string, flags: number): Promise<void> {
  await closeFd(await openFd(folder, O_TMPFILE | O_WRONLY | flags, 0o600));
}

function homePath({ root, user }: FolderOwner): string {
  if (!user.home.startsWith('/')) throw systemError(ENOENT, 'open');
  return `${root}${user.home}`;
}
