import { constants } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { chmodFd, closeFd, EEXIST, EMFILE, errnoOf, errnoText, openFd, systemError } from '@guestwire/posix';
import { CommandError } from '@guestwire/protocol';
import { encodeText } from '@guestwire/protocol/wire';
import { hasSpareDescriptors } from '../descriptor-limit.js';
import { StdioStream } from '../guest/file/stdio-stream.js';
import { PolicyRefusal } from '../policy/decision.js';
import { FileGuard, type OpenedFile } from '../policy/file-guard.js';
import type { FileAccess, Policy } from '../policy/policy.js';

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
 * @param policy rules on paths; undefined if every path is allowed
 * @throws {CommandError}
 */
export async function openStream(path: string, mode: string, policy?: Policy): Promise<StdioStream> {
  const flags = MODE.test(mode) ? FLAGS[mode.replace('b', '')] : undefined;
  if (flags === undefined) throw new CommandError(`invalid file open mode '${mode}'`);
  const refused = `failed to open file '${path}' (mode: '${mode}')`;
  // Open files must not take the descriptors that other commands need.
  if (!hasSpareDescriptors()) throw failure(refused, systemError(EMFILE, 'open'));
  await using file = await openFile(path, flags | O_NOCTTY | O_NONBLOCK, policy).catch((error) => {
    throw failure(refused, error);
  });
  const { fd, created } = file;
  let failed = `failed to set permission 0666 on new file '${path}' (mode: '${mode}')`;
  try {
    if (created) await chmodFd(fd, NEW_FILE_MODE);
    failed = `failed to associate stdio stream with file descriptor ${fd}, file '${path}' (mode: '${mode}')`;
    const write = (flags & (O_WRONLY | O_RDWR)) !== 0;
    const access = { read: (flags & O_WRONLY) === 0, write, append: (flags & O_APPEND) !== 0 };
    return await StdioStream.attach(fd, access);
  } catch (error) {
    await closeFd(fd);
    if (created) await file.remove();
    throw failure(failed, error);
  }
}

/** Opens or creates a file, by the rules of the policy if it has any on files. */
async function openFile(path: string, flags: number, policy: Policy | undefined): Promise<OpenedFile> {
  if (policy === undefined) return openOrCreate(encodeText(path), flags);
  const accesses = accessesOf(flags);
  for (const access of accesses) {
    const { allowed, rule } = policy.access(access);
    if (!allowed) throw new PolicyRefusal(rule);
  }
  if (policy.rules.paths === undefined) return openOrCreate(encodeText(path), flags);
  return new FileGuard(policy).open(path, flags, accesses);
}

function accessesOf(flags: number): readonly FileAccess[] {
  if ((flags & O_RDWR) !== 0) return ['read', 'write'];
  return (flags & O_WRONLY) === 0 ? ['read'] : ['write'];
}

/** Returns what a mode of `guest-file-open` does with a file, and whether it creates one; undefined if it is invalid. */
export function accessOfMode(
  mode: string,
): { accesses: readonly FileAccess[]; creates: boolean } | undefined {
  const flags = MODE.test(mode) ? FLAGS[mode.replace('b', '')] : undefined;
  return flags === undefined ? undefined : { accesses: accessesOf(flags), creates: (flags & O_CREAT) !== 0 };
}

/**
 * Only the agent that creates a file may set its permissions, and `O_EXCL` tells whether it did. A file that vanishes
 * between the two attempts is an error.
 */
async function openOrCreate(path: Buffer, flags: number): Promise<OpenedFile> {
  const opened = (fd: number, created: boolean): OpenedFile => ({
    fd,
    created,
    remove: () => unlink(path),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  if ((flags & O_CREAT) === 0) return opened(await openFd(path, flags), false);
  try {
    // Mode 0: no other user can open the file before its permissions are set.
    return opened(await openFd(path, flags | O_EXCL, 0), true);
  } catch (error) {
    if (errnoOf(error) !== EEXIST) throw error;
  }
  return opened(await openFd(path, flags & ~O_CREAT), false);
}

/** Returns the error `what: reason`, without a reason if the system error has the number 0. */
export function failure(what: string, cause: unknown): CommandError {
  if (cause instanceof PolicyRefusal) return new CommandError(`${what}: ${cause.message}`, { cause });
  const text = errnoOf(cause) === 0 ? what : `${what}: ${errnoText(cause)}`;
  return new CommandError(text, { cause });
}
