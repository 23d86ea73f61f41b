import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import {
  EFBIG,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EPERM,
  errnoOf,
  systemError,
  type User,
} from '@guestwire/posix';
import { attemptAsync, OperationError } from '../../operation-error.js';

/*
 * The agent is root, and the folder belongs to a user who may be hostile. So no symbolic link in it is followed; only a
 * regular file of the user, or without a second hard link, is read; a new file replaces the old one; and all paths are
 * relative to the descriptor of the checked folder, so that the user cannot replace it meanwhile.
 */

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** Node does not define it. It opens a folder that need not be readable. */
const O_PATH = 0o10000000;

const FOLDER = '.ssh';
const FILE = 'authorized_keys';

/** Thousands of keys. */
const LIMIT_BYTES = 4 << 20;

/** A user, and the folder that contains the guest's files; `''` for the real root. */
export interface KeyOwner {
  readonly root: string;
  readonly user: User;
}

/** Reads a user's SSH keys. @returns undefined if there is no file and `optional` is set @throws {OperationError} */
export async function readKeys(owner: KeyOwner, optional: true): Promise<Buffer | undefined>;
export async function readKeys(owner: KeyOwner, optional: false): Promise<Buffer>;
export async function readKeys(owner: KeyOwner, optional: boolean): Promise<Buffer | undefined> {
  const path = `${folderPath(owner.user)}/${FILE}`;
  try {
    await using home = await openHome(owner);
    await using folder = await openFolder(home);
    await using file = await open(inside(folder, FILE), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    return await readAll(file, owner.user);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (optional && (errno === ENOENT || errno === ENOTDIR)) return undefined;
    const step = errno === EISDIR ? 'read from' : 'open';
    throw OperationError.of(`failed to read '${path}': Failed to ${step} file “${path}”`, cause);
  }
}

/**
 * Replaces a user's SSH keys by a new file, completely or not at all: owned by the user, mode 0600. Creates the folder if
 * it is missing.
 * @throws {OperationError}
 */
export async function writeKeys(owner: KeyOwner, content: Buffer): Promise<void> {
  const { user } = owner;
  const path = `${folderPath(user)}/${FILE}`;
  const made = `failed to create directory '${folderPath(user)}'`;
  await using home = await attemptAsync(made, () => openHome(owner));
  await using folder = await openOrMakeFolder(home, user);
  const name = `${FILE}.${randomBytes(6).toString('hex')}`;
  const temporary = inside(folder, name);
  const failed = `failed to write to '${path}'`;
  const created = `${failed}: Failed to create file “${folderPath(user)}/${name}”`;
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  await using file = await attemptAsync(created, () => open(temporary, flags, 0o600));
  try {
    await attemptAsync(failed, () => file.writeFile(content));
    await chown(file, user, path);
    await attemptAsync(`failed to set permissions of '${path}'`, () => file.chmod(0o600));
    // Otherwise a crash could leave an empty file.
    await attemptAsync(failed, () => file.sync());
    await attemptAsync(failed, () => rename(temporary, inside(folder, FILE)));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** The home folder itself may be a link, since only root can replace it. */
function openHome({ root, user }: KeyOwner): Promise<FileHandle> {
  if (!user.home.startsWith('/')) throw systemError(ENOENT, 'open');
  return open(`${root}${user.home}`, O_PATH | O_DIRECTORY);
}

async function openFolder(home: FileHandle): Promise<FileHandle> {
  try {
    return await open(inside(home, FOLDER), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    // The kernel reports ENOTDIR for a link.
    const isLink = errnoOf(error) === ENOTDIR && (await lstat(inside(home, FOLDER))).isSymbolicLink();
    throw isLink ? systemError(ELOOP, 'open') : error;
  }
}

async function openOrMakeFolder(home: FileHandle, user: User): Promise<FileHandle> {
  const path = folderPath(user);
  const made = `failed to create directory '${path}'`;
  try {
    return await openFolder(home);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== ENOENT && errno !== ENOTDIR) throw OperationError.of(made, error);
  }
  await attemptAsync(made, () => mkdir(inside(home, FOLDER), 0o700));
  const folder = await attemptAsync(made, () => openFolder(home));
  try {
    await chown(folder, user, path);
    await attemptAsync(`failed to set permissions of directory '${path}'`, () => folder.chmod(0o700));
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

function chown(handle: FileHandle, { uid, gid }: User, path: string): Promise<void> {
  return attemptAsync(`failed to set ownership of directory '${path}'`, () => handle.chown(uid, gid));
}

async function readAll(file: FileHandle, user: User): Promise<Buffer> {
  const stats = await file.stat();
  if (stats.isDirectory()) throw systemError(EISDIR, 'read');
  if (!stats.isFile()) throw systemError(EINVAL, 'read');
  // It may be a hard link to a file that the user must not read.
  if (stats.nlink > 1 && stats.uid !== user.uid) throw systemError(EPERM, 'read');
  if (stats.size > LIMIT_BYTES) throw systemError(EFBIG, 'read');
  const buffer = Buffer.alloc(stats.size);
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count) {
    count = (await file.read(buffer, length, buffer.length - length)).bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Returns a path relative to an open folder, which stays valid if the folder is renamed. */
function inside(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

function folderPath({ home }: User): string {
  return `${home.replace(/\/+$/, '')}/${FOLDER}`;
}
