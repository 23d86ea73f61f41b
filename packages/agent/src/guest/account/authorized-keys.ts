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
 * The agent is root, and the folder belongs to a user who may be hostile. So no symbolic link in it is followed, what
 * is read must be a file of the user's own or one that has no other name, what is written is a new file that takes the
 * place of the old, and all goes through the descriptor of the very folder that was looked at: what the user puts in
 * its place meanwhile does not matter.
 */

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** Node has no name for it: a descriptor to go on from, for which a folder need not be readable. */
const O_PATH = 0o10000000;

const FOLDER = '.ssh';
const FILE = 'authorized_keys';

/** Thousands of keys. */
const LIMIT = 4 << 20;

/** A user, and the folder under which the guest's files lie: `''` for the real ones. */
export interface KeyOwner {
  readonly root: string;
  readonly user: User;
}

/** The path of a user's file of SSH keys, as the guest sees it. */
function keysPath({ user }: KeyOwner): string {
  return `${folderPath(user)}/${FILE}`;
}

/**
 * Reads a user's SSH keys.
 *
 * @returns undefined if there is no file and `optional` is set
 * @throws {OperationError} in the words of the reference
 */
export async function readKeys(owner: KeyOwner, optional: true): Promise<Buffer | undefined>;
export async function readKeys(owner: KeyOwner, optional: false): Promise<Buffer>;
export async function readKeys(owner: KeyOwner, optional: boolean): Promise<Buffer | undefined> {
  const path = keysPath(owner);
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
 * Puts a new file in place of a user's SSH keys, whole or not at all: owned by the user, mode 0600. The folder is made
 * if there is none.
 *
 * @throws {OperationError} in the words of the reference
 */
export async function writeKeys(owner: KeyOwner, content: Buffer): Promise<void> {
  const { user } = owner;
  const path = keysPath(owner);
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
    await attemptAsync(`failed to set ownership of directory '${path}'`, () =>
      file.chown(user.uid, user.gid),
    );
    await attemptAsync(`failed to set permissions of '${path}'`, () => file.chmod(0o600));
    // Without this a crash could leave an empty file, and nobody would get in.
    await attemptAsync(failed, () => file.sync());
    await attemptAsync(failed, () => rename(temporary, inside(folder, FILE)));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** The home folder itself may be a link: it stands where only root can put it. */
function openHome({ root, user }: KeyOwner): Promise<FileHandle> {
  if (!user.home.startsWith('/')) throw systemError(ENOENT, 'open');
  return open(`${root}${user.home}`, O_PATH | O_DIRECTORY);
}

async function openFolder(home: FileHandle): Promise<FileHandle> {
  try {
    return await open(inside(home, FOLDER), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    // For the kernel a link is no folder; whoever reads the error wants to know it.
    const link = errnoOf(error) === ENOTDIR && (await lstat(inside(home, FOLDER))).isSymbolicLink();
    throw link ? systemError(ELOOP, 'open') : error;
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
    await attemptAsync(`failed to set ownership of directory '${path}'`, () =>
      folder.chown(user.uid, user.gid),
    );
    await attemptAsync(`failed to set permissions of directory '${path}'`, () => folder.chmod(0o700));
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function readAll(file: FileHandle, user: User): Promise<Buffer> {
  const stats = await file.stat();
  if (stats.isDirectory()) throw systemError(EISDIR, 'read');
  if (!stats.isFile()) throw systemError(EINVAL, 'read');
  // A second name of a file that the user may not read would give it away.
  if (stats.nlink > 1 && stats.uid !== user.uid) throw systemError(EPERM, 'read');
  if (stats.size > LIMIT) throw systemError(EFBIG, 'read');
  // Should the user make it longer meanwhile, this is what it was.
  const buffer = Buffer.alloc(stats.size);
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count) {
    count = (await file.read(buffer, length, buffer.length - length)).bytesRead;
  }
  return buffer.subarray(0, length);
}

/** A file in an open folder, whatever becomes of the folder's own name. */
function inside(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

function folderPath({ home }: User): string {
  return `${home.replace(/\/+$/, '')}/${FOLDER}`;
}
