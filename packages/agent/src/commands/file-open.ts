import { constants } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { chmodFd, closeFd, EEXIST, errnoOf, errnoText, openFd } from '@guestwire/posix';
import { CommandError } from '@guestwire/protocol';
import { encodeText } from '@guestwire/protocol/wire';
import { StdioStream, type StreamAccess } from '../guest/file/stdio-stream.js';

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;

/** Permissions of a file that had to be created, whatever the umask. */
const NEW_FILE_MODE = 0o666;

const FLAGS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  a: O_WRONLY | O_CREAT | O_APPEND,
  'r+': O_RDWR,
  'w+': O_RDWR | O_CREAT | O_TRUNC,
  'a+': O_RDWR | O_CREAT | O_APPEND,
};

/**
 * The flags of `open` for a mode of C's `fopen`; undefined if it is none of the allowed (qemu-ga §5.7).
 */
function flagsOfMode(mode: string): number | undefined {
  return ALLOWED.has(mode) ? FLAGS[mode.replace('b', '')] : undefined;
}

const ALLOWED = new Set(Object.keys(FLAGS).flatMap(withBinary));

/** A mode, and the same mode with the `b` wherever C allows it. */
function withBinary(mode: string): string[] {
  return mode.endsWith('+') ? [mode, `${mode.charAt(0)}b+`, `${mode}b`] : [mode, `${mode}b`];
}

/**
 * Opens a file as `guest-file-open` does (qemu-ga §5.7). Never blocks. A file that has to be created gets
 * permissions 0666 whatever the umask; nobody else can open it before it has them.
 *
 * @throws {CommandError} in the words of the reference
 */
export async function openStream(path: string, mode: string): Promise<StdioStream> {
  const flags = flagsOfMode(mode);
  if (flags === undefined) throw new CommandError(`invalid file open mode '${mode}'`);
  const bytes = encodeText(path);
  const { fd, created } = await openOrCreate(bytes, flags | O_NOCTTY | O_NONBLOCK).catch((error) => {
    throw failure(`failed to open file '${path}' (mode: '${mode}')`, error);
  });
  let failed = `failed to set permission 0666 on new file '${path}' (mode: '${mode}')`;
  try {
    if (created) await chmodFd(fd, NEW_FILE_MODE);
    failed = `failed to associate stdio stream with file descriptor ${fd}, file '${path}' (mode: '${mode}')`;
    return await StdioStream.attach(fd, accessOf(flags));
  } catch (error) {
    await closeFd(fd);
    if (created) await unlink(bytes);
    throw failure(failed, error);
  }
}

/**
 * Only who creates a file may set its permissions, and `O_EXCL` tells who did. Should a file that was there be gone
 * at the second look, somebody is playing tricks: that is an error.
 */
async function openOrCreate(path: Buffer, flags: number): Promise<{ fd: number; created: boolean }> {
  if ((flags & O_CREAT) === 0) return { fd: await openFd(path, flags), created: false };
  try {
    return { fd: await openFd(path, flags | O_EXCL), created: true };
  } catch (error) {
    if (errnoOf(error) !== EEXIST) throw error;
  }
  return { fd: await openFd(path, flags & ~O_CREAT), created: false };
}

function accessOf(flags: number): StreamAccess {
  const way = flags & (O_WRONLY | O_RDWR);
  return { read: way !== O_WRONLY, write: way !== O_RDONLY, append: (flags & O_APPEND) !== 0 };
}

/** What failed, and why; an error without a number has no more to say. */
export function failure(what: string, cause: unknown): CommandError {
  const text = errnoOf(cause) === 0 ? what : `${what}: ${errnoText(cause)}`;
  return new CommandError(text, { cause });
}
