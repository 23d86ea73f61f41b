import { constants } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { chmodFd, closeFd, EEXIST, errnoOf, errnoText, openFd } from '@guestwire/posix';
import { CommandError } from '@guestwire/protocol';
import { encodeText } from '@guestwire/protocol/wire';
import { StdioStream } from '../guest/file/stdio-stream.js';

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

const NEW_FILE_MODE = 0o666;

/** Modes of C's `fopen` that are allowed (qemu-ga §5.7), a `b` anywhere after the first letter. */
const MODE = /^[rwa](?:b?\+?|\+b)$/;

const FLAGS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  a: O_WRONLY | O_CREAT | O_APPEND,
  'r+': O_RDWR,
  'w+': O_RDWR | O_CREAT | O_TRUNC,
  'a+': O_RDWR | O_CREAT | O_APPEND,
};

/**
 * Opens a file as `guest-file-open` does (qemu-ga §5.7), without blocking. A new file gets permissions 0666 whatever the
 * umask, before another user can open it.
 * @throws {CommandError}
 */
export async function openStream(path: string, mode: string): Promise<StdioStream> {
  const flags = MODE.test(mode) ? FLAGS[mode.replace('b', '')] : undefined;
  if (flags === undefined) throw new CommandError(`invalid file open mode '${mode}'`);
  const bytes = encodeText(path);
  const { fd, created } = await openOrCreate(bytes, flags | O_NOCTTY | O_NONBLOCK).catch((error) => {
    throw failure(`failed to open file '${path}' (mode: '${mode}')`, error);
  });
  let failed = `failed to set permission 0666 on new file '${path}' (mode: '${mode}')`;
  try {
    if (created) await chmodFd(fd, NEW_FILE_MODE);
    failed = `failed to associate stdio stream with file descriptor ${fd}, file '${path}' (mode: '${mode}')`;
    const write = (flags & (O_WRONLY | O_RDWR)) !== 0;
    const access = { read: (flags & O_WRONLY) === 0, write, append: (flags & O_APPEND) !== 0 };
    return await StdioStream.attach(fd, access);
  } catch (error) {
    await closeFd(fd);
    if (created) await unlink(bytes);
    throw failure(failed, error);
  }
}

/**
 * Only the agent that creates a file may set its permissions, and `O_EXCL` tells whether it did. A file that vanishes
 * between the two attempts is an error.
 */
async function openOrCreate(path: Buffer, flags: number): Promise<{ fd: number; created: boolean }> {
  if ((flags & O_CREAT) === 0) return { fd: await openFd(path, flags), created: false };
  try {
    // Mode 0: no other user can open the file before its permissions are set.
    return { fd: await openFd(path, flags | O_EXCL, 0), created: true };
  } catch (error) {
    if (errnoOf(error) !== EEXIST) throw error;
  }
  return { fd: await openFd(path, flags & ~O_CREAT), created: false };
}

/** Returns the error `what: reason`, without a reason if the system error has the number 0. */
export function failure(what: string, cause: unknown): CommandError {
  const text = errnoOf(cause) === 0 ? what : `${what}: ${errnoText(cause)}`;
  return new CommandError(text, { cause });
}
