import { constants } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { check, EAGAIN, ELOOP, ENOENT, ENOSYS, EPERM, EXDEV, systemError } from './errno.js';
import { closeFd, statFd } from './file.js';
import { CFunction } from './library.js';
import { O_PATH } from './open-flags.js';

const { O_DIRECTORY, O_NOFOLLOW } = constants;

const O_CLOEXEC = 0o2000000;

/** The same on all architectures that Node supports. */
const SYS_OPENAT2 = 437;

/** `struct open_how`: flags, mode, resolve, each of 64 bits. */
const HOW_SIZE_BYTES = 24;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_CACHED = 0x20;

const AT_FDCWD = -100;

/** While something is renamed the kernel may be unable to say whether `..` in a link stays beneath the folder. */
const MAX_ATTEMPTS = 64;

const cSyscall = new CFunction<number | bigint>(
  'long syscall(long number, long folder, void *path, void *how, size_t size)',
);
// The FFI calls no variadic function in another thread; the mode is passed the same way.
const cOpenAt = new CFunction('int openat(int folder, void *path, int flags, unsigned int mode)');

export interface OpenBeneathOptions {
  /** Flags of `open`; the descriptor is never inherited by programs. */
  readonly flags: number;
  /** Permissions of a new file; 0 by default. */
  readonly mode?: number;
  /** `none` to refuse every symbolic link, `beneath` to follow those that stay beneath the folder. */
  readonly links: 'none' | 'beneath';
  /** False to use the way of kernels before 5.6 on every kernel. */
  readonly useOpenat2?: boolean;
}

let hasOpenat2: boolean | undefined;

/**
 * Opens a path beneath a folder in the thread pool, and never what is outside of it, even while links and folders are
 * replaced: a link or `..` that leaves the folder fails with `EXDEV`, a link of `/proc` that is no path with `ELOOP`.
 * On a kernel without `openat2` (before 5.6, or where a filter forbids it) every link fails with `ELOOP`, and every `..` with
 * `EXDEV`.
 *
 * @param folder a descriptor, which may be open with {@link O_PATH}
 * @param path relative to the folder, not empty
 * @returns the descriptor; rejects with a system error
 */
export async function openBeneath(
  folder: number,
  path: Buffer,
  options: OpenBeneathOptions,
): Promise<number> {
  if (options.useOpenat2 === false) return openStepwise(folder, path, options);
  hasOpenat2 ??= await canOpenat2();
  return hasOpenat2 ? openat2(folder, path, options) : openStepwise(folder, path, options);
}

/**
 * Opens an absolute path in this thread if the kernel has all of its names in memory, so that no disk and no server is asked.
 * @returns the descriptor, or a negated error number: `EAGAIN` if the kernel would have to ask, `EINVAL` before Linux 5.12
 */
export function openCachedSync(path: Buffer, flags: number): number {
  const how = openHow(flags, 0, RESOLVE_CACHED);
  return Number(cSyscall.call(SYS_OPENAT2, AT_FDCWD, terminated(path), how, HOW_SIZE_BYTES));
}

/** Returns the absolute path of an open file or folder, as the kernel gives it. Rejects with a system error. */
export function pathOfFd(fd: number): Promise<Buffer> {
  return readlink(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
}

/** Filters of system calls answer `EPERM` for what they do not know. */
async function canOpenat2(): Promise<boolean> {
  const root = terminated(Buffer.from('/'));
  const result = Number(await callOpenat2(-1, root, { flags: O_PATH | O_DIRECTORY, links: 'none' }, 0));
  if (result >= 0) await closeFd(result);
  return result !== -ENOSYS && result !== -EPERM;
}

async function openat2(folder: number, path: Buffer, options: OpenBeneathOptions): Promise<number> {
  const bytes = terminated(path);
  for (let attempt = 1; ; attempt += 1) {
    const result = Number(await callOpenat2(folder, bytes, options, RESOLVE_BENEATH));
    if (result !== -EAGAIN || attempt === MAX_ATTEMPTS) return check(result, 'openat2');
  }
}

function callOpenat2(
  folder: number,
  path: Buffer,
  { flags, mode = 0, links }: OpenBeneathOptions,
  resolve: number,
): Promise<number | bigint> {
  const followed = links === 'none' ? RESOLVE_NO_SYMLINKS : 0;
  const how = openHow(flags, mode, resolve | RESOLVE_NO_MAGICLINKS | followed);
  return cSyscall.callAsync(SYS_OPENAT2, folder, path, how, HOW_SIZE_BYTES);
}

function openHow(flags: number, mode: number, resolve: number): BigUint64Array {
  return BigUint64Array.of(BigInt(flags | O_CLOEXEC), BigInt(mode), BigInt(resolve));
}

/** Opens component by component, each relative to the descriptor of the one before it, and follows no link. */
async function openStepwise(folder: number, path: Buffer, options: OpenBeneathOptions): Promise<number> {
  // One character for each byte, so that no byte is lost.
  const names = path.toString('latin1').split('/');
  const steps = names.filter((name) => name !== '' && name !== '.');
  if (steps.includes('..')) throw systemError(EXDEV, 'openat');
  const last = steps.pop() ?? '.';
  let current = folder;
  try {
    for (const name of steps) {
      const next = await openStep(current, name, O_PATH, 0);
      if (current !== folder) await closeFd(current);
      current = next;
    }
    return await openStep(current, last, options.flags, options.mode ?? 0);
  } finally {
    if (current !== folder) await closeFd(current);
  }
}

async function openStep(folder: number, name: string, flags: number, mode: number): Promise<number> {
  const bytes = terminated(Buffer.from(name, 'latin1'));
  const allFlags = flags | O_NOFOLLOW | O_CLOEXEC;
  const fd = check(await cOpenAt.callAsync(folder, bytes, allFlags, mode), 'openat');
  // Without O_PATH the kernel has refused a link; with it the descriptor is that of the link.
  if ((flags & O_PATH) === 0) return fd;
  try {
    if ((await statFd(fd)).isSymbolicLink()) throw systemError(ELOOP, 'openat');
    return fd;
  } catch (error) {
    await closeFd(fd);
    throw error;
  }
}

/** Returns a path as a C string. @throws a system error if it has a NUL */
function terminated(path: Buffer): Buffer {
  if (path.includes(0)) throw systemError(ENOENT, 'open');
  return Buffer.concat([path, Buffer.alloc(1)]);
}
