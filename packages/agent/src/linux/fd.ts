import { close, fchmod, fstat, open, read, type Stats, write } from 'node:fs';
import { libc } from './ffi.js';

/**
 * Calls on plain descriptors. Each runs in the thread pool, so that a slow disk holds up a thread and never the
 * agent; each rejects with Node's system error.
 */

/** What an offset counts from, as `lseek` numbers it. */
export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export type Whence = typeof SEEK_SET | typeof SEEK_CUR | typeof SEEK_END;

type Callback<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

function promised<T>(call: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => (error === null || error === undefined ? resolve(value) : reject(error)));
  });
}

/** Opens a file; the descriptor is not inherited by child processes. */
export function openFd(path: Buffer | string, flags: number, mode = 0): Promise<number> {
  return promised((done) => open(path, flags, mode, done));
}

/** Reads at the descriptor's own offset: how many bytes there were, 0 at the end of the file. */
export function readFd(fd: number, into: Buffer, at: number, length: number): Promise<number> {
  return promised((done) => read(fd, into, at, length, null, (error, count) => done(error, count)));
}

/** Writes at the descriptor's own offset: how many bytes were taken. */
export function writeFd(fd: number, bytes: Buffer, at: number): Promise<number> {
  return promised((done) =>
    write(fd, bytes, at, bytes.length - at, null, (error, count) => done(error, count)),
  );
}

/** Moves the descriptor's offset, exactly in all of 64 bits. */
export function seekFd(fd: number, offset: bigint, whence: Whence): Promise<bigint> {
  return libc().lseekAsync(fd, offset, whence);
}

export function statFd(fd: number): Promise<Stats> {
  return promised((done) => fstat(fd, done));
}

/** The size of a file, exactly. */
export function sizeOfFd(fd: number): Promise<bigint> {
  return promised((done) => fstat(fd, { bigint: true }, (error, stats) => done(error, stats?.size)));
}

export function chmodFd(fd: number, mode: number): Promise<void> {
  return promised((done) => fchmod(fd, mode, (error) => done(error, undefined)));
}

export function closeFd(fd: number): Promise<void> {
  return promised((done) => close(fd, (error) => done(error ?? null, undefined)));
}
