import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { CFunction } from './library.js';

export const {
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EFBIG,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EIO,
  EISDIR,
  ELOOP,
  EMFILE,
  ENODEV,
  ENOENT,
  ENOEXEC,
  ENOMEM,
  ENOSYS,
  ENOTDIR,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
  EPROTO,
  ERANGE,
  ESPIPE,
  ESTALE,
  ETIMEDOUT,
  EXDEV,
} = constants.errno;

const cStrerror = new CFunction<string>('const char *strerror(int errno)');

/** Returns the C library's text for a positive error number; replies quote these texts (qemu-ga, notation). */
export function strerror(errno: number): string {
  // Without the FFI, Node's own text is still better than no text.
  if (!cStrerror.isAvailable) return getSystemErrorMap().get(-errno)?.[1] ?? `Unknown error ${errno}`;
  return cStrerror.raw(errno);
}

/**
 * Returns an error of a system call in the shape of Node's own: `code`, `syscall`, and a negative `errno`.
 * @param errno the positive error number
 */
export function systemError(errno: number, syscall: string): NodeJS.ErrnoException {
  const code =
    Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${syscall}: ${strerror(errno)}`), { errno: -errno, code, syscall });
}

/** Returns the result of a system call unless it is a negated error number, which it throws as a system error. */
export function check<Result extends number | bigint>(result: Result, syscall: string): Result {
  if (result < 0) throw systemError(-Number(result), syscall);
  return result;
}

/** Returns the positive error number of a system error; `undefined` for any other error. */
export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return undefined;
  return Math.abs(error.errno);
}

/** Returns the text of a system error, and throws any other error. */
export function errnoText(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return strerror(errno);
}
