import { constants } from 'node:fs';
import { check, EAGAIN } from './errno.js';
import { CFunction } from './library.js';

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETLK = 6;
const F_WRLCK = 1;
/** `struct flock` of 64-bit Linux: type, whence, start, length, process. */
const FLOCK_SIZE_BYTES = 32;

const LOCK_EX = 2;
const LOCK_NB = 4;

const O_CLOEXEC = 0o2000000;

const cPipe2 = new CFunction('int pipe2(void *fds, int flags)');
const cDup2 = new CFunction('int dup2(int from, int to)');
const cFlock = new CFunction('int flock(int fd, int operation)');
const cFcntl = new CFunction('int fcntl(int fd, int command, ...)');
// The FFI calls no variadic function in another thread; a pointer is passed the same way.
const cIoctl = new CFunction('int ioctl(int fd, unsigned long request, void *argument)');

/** Makes a pipe that is not inherited: the end to read from, then the end to write to. Throws a system error. */
export function pipe(): readonly [from: number, to: number] {
  const fds = new Int32Array(2);
  check(cPipe2.call(fds, O_CLOEXEC), 'pipe');
  return [fds[0] ?? -1, fds[1] ?? -1];
}

/** Makes `to` a copy of the descriptor `from` that is inherited. Throws a system error. */
export function dup2(from: number, to: number): void {
  check(cDup2.call(from, to), 'dup2');
}

/** Keeps a descriptor from being inherited by programs. Returns 0 or a negated error number. */
export function setCloseOnExec(fd: number): number {
  return cFcntl.call(fd, F_SETFD, 'int', FD_CLOEXEC);
}

/** Makes calls on a descriptor fail rather than wait, in all processes that share it. Returns 0 or a negated error number. */
export function setNonBlocking(fd: number): number {
  const flags = cFcntl.call(fd, F_GETFL, 'int', 0);
  return flags < 0 ? flags : cFcntl.call(fd, F_SETFL, 'int', flags | constants.O_NONBLOCK);
}

/**
 * Locks a whole file for writing, with a POSIX lock that lasts until this process ends or closes any descriptor of that
 * file. Does not wait. Throws a system error: `EAGAIN` if another process has the lock.
 */
export function lockFile(fd: number): void {
  const lock = new Int16Array(FLOCK_SIZE_BYTES / 2);
  lock[0] = F_WRLCK;
  check(cFcntl.call(fd, F_SETLK, 'void *', lock), 'fcntl');
}

/**
 * Locks an open file against other descriptions of it, with `flock`, until its descriptor is closed or this process, all
 * threads included, has ended. Needs no permission to write. Returns false if the file is locked. Throws a system error.
 */
export function lockDescription(fd: number): boolean {
  const result = cFlock.call(fd, LOCK_EX | LOCK_NB);
  return result !== -EAGAIN && check(result, 'flock') === 0;
}

/**
 * Calls `ioctl` in the thread pool. Returns 0 or a positive result, or a negated error number.
 * @param argument bytes that the kernel reads and writes
 */
export function ioctl(fd: number, request: number, argument: ArrayBufferLike | null = null): Promise<number> {
  return cIoctl.callAsync(fd, request, argument);
}
