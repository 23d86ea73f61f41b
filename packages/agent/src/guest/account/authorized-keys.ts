import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import {
  asFilesystemUser,
  closeFd,
  EFBIG,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  EPERM,
  errnoOf,
  readFd,
  statFd,
  syncFd,
  systemError,
  writeFd,
} from '@guestwire/posix';
import { attempt, attemptAsync, OperationError } from '../../operation-error.js';
import type { GuestUser } from './user-database.js';
import { type FolderOwner, hasHome, UserFolder, untilWritable } from './user-folder.js';

/*
 * The agent is root, and the folder belongs to a user who may be hostile. So every name is looked up with the user's own
 * rights, and no link is followed: the agent reads and changes nothing that the user could not. A file or folder of
 * another user is refused, since the user may have moved it there. Open files are read and written in the thread pool.
 */

const { O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

const FOLDER = '.ssh';
const FILE = 'authorized_keys';

/** Thousands of keys. */
const LIMIT_BYTES = 4 << 20;

/** A user whose keys are read or written. */
export interface KeyOwner extends FolderOwner {
  /**
   * Returns true while a host has frozen filesystems. Nothing is written then: this thread would wait for the thaw that it
   * must carry out. A command that a host has given up may reach this point.
   */
  readonly isFrozen: () => boolean;
}

/**
 * Reads a user's SSH keys.
 * @returns undefined if there is no file and `optional` is set
 * @throws {OperationError}
 */
export async function readKeys(owner: KeyOwner, optional: true): Promise<Buffer | undefined>;
export async function readKeys(owner: KeyOwner, optional: false): Promise<Buffer>;
export async function readKeys(owner: KeyOwner, optional: boolean): Promise<Buffer | undefined> {
  const path = filePath(owner.user);
  try {
    if (!(await hasHome(owner))) throw systemError(ENOENT, 'open');
    const fd = asFilesystemUser(owner.user, () => openKeys(owner));
    try {
      return await readAll(fd, owner.user);
    } finally {
      await closeFd(fd);
    }
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
 * @throws {OperationError} also if filesystems have been frozen meanwhile; the new file then stays beside the old one
 */
export async function writeKeys(owner: KeyOwner, content: Buffer): Promise<void> {
  const { user, isFrozen } = owner;
  const failed = `failed to write to '${filePath(user)}'`;
  if (await hasHome(owner)) await untilWritable(owner, FOLDER);
  assertThawed(owner, failed);
  using folder = asUser(user, () => openOrMakeFolder(owner));
  const name = `${FILE}.${randomBytes(6).toString('hex')}`;
  const fd = asUser(user, () => createFile(folder, name, user));
  try {
    await attemptAsync(failed, () => writeAll(fd, content));
    // Otherwise a crash could leave an empty file.
    await attemptAsync(failed, () => syncFd(fd));
    assertThawed(owner, failed);
    asUser(user, () => attempt(failed, () => renameSync(folder.path(name), folder.path(FILE))));
  } catch (error) {
    if (!isFrozen()) asUser(user, () => removeFile(folder, name));
    throw error;
  } finally {
    await attemptAsync(failed, () => closeFd(fd));
  }
}

function assertThawed({ isFrozen }: KeyOwner, failed: string): void {
  if (isFrozen()) throw new OperationError(`${failed}: filesystems are frozen`);
}

/** Runs `work` with the user's rights; its own errors are operation errors. */
function asUser<Result>(user: GuestUser, work: () => Result): Result {
  return attempt(`failed to set ownership of directory '${filePath(user)}'`, () =>
    asFilesystemUser(user, work),
  );
}

/** Returns a descriptor of the file. Throws a system error. */
function openKeys(owner: KeyOwner): number {
  using home = UserFolder.home(owner);
  using folder = home.openFolder(FOLDER);
  return folder.openFile(FILE, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

function openOrMakeFolder(owner: KeyOwner): UserFolder {
  return attempt(`failed to create directory '${folderPath(owner.user)}'`, () => {
    using home = UserFolder.home(owner);
    const folder = openIfExists(home) ?? makeFolder(home);
    try {
      folder.checkOwner(owner.user);
      return folder;
    } catch (error) {
      folder[Symbol.dispose]();
      throw error;
    }
  });
}

function openIfExists(home: UserFolder): UserFolder | undefined {
  try {
    return home.openFolder(FOLDER);
  } catch (error) {
    const errno = errnoOf(error);
    // What is no folder lets `mkdir` fail with the reason.
    if (errno === ENOENT || errno === ENOTDIR) return undefined;
    throw error;
  }
}

function makeFolder(home: UserFolder): UserFolder {
  mkdirSync(home.path(FOLDER), 0o700);
  const folder = home.openFolder(FOLDER);
  // The umask may have narrowed it.
  fchmodSync(folder.fd, 0o700);
  return folder;
}

/** Returns a descriptor of a new file that the user owns, with its final mode. */
function createFile(folder: UserFolder, name: string, user: GuestUser): number {
  const path = filePath(user);
  const created = `failed to write to '${path}': Failed to create file “${folderPath(user)}/${name}”`;
  const fd = attempt(created, () => folder.openFile(name, O_WRONLY | O_CREAT | O_EXCL, 0o600));
  try {
    // The kernel gives it the user's ids, unless the folder hands its group on.
    const { uid, gid } = fstatSync(fd);
    if (uid !== user.uid || gid !== user.gid) {
      attempt(`failed to set ownership of directory '${path}'`, () => fchownSync(fd, user.uid, user.gid));
    }
    attempt(`failed to set permissions of '${path}'`, () => fchmodSync(fd, 0o600));
    return fd;
  } catch (error) {
    removeFile(folder, name);
    closeSync(fd);
    throw error;
  }
}

/** Removes a temporary file, unless its user was faster. */
function removeFile(folder: UserFolder, name: string): void {
  try {
    unlinkSync(folder.path(name));
  } catch {
    // The reason for its removal is reported, not this one.
  }
}

async function readAll(fd: number, user: GuestUser): Promise<Buffer> {
  const stats = await statFd(fd);
  if (stats.isDirectory()) throw systemError(EISDIR, 'read');
  if (!stats.isFile()) throw systemError(EINVAL, 'read');
  if (stats.uid !== user.uid) throw systemError(EPERM, 'read');
  if (stats.size > LIMIT_BYTES) throw systemError(EFBIG, 'read');
  const buffer = Buffer.alloc(stats.size);
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count) {
    count = await readFd(fd, buffer, length, buffer.length - length);
  }
  return buffer.subarray(0, length);
}

async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await writeFd(fd, bytes, at);
}

function filePath(user: GuestUser): string {
  return `${folderPath(user)}/${FILE}`;
}

function folderPath({ home }: GuestUser): string {
  return `${home.replace(/\/+$/, '')}/${FOLDER}`;
}
