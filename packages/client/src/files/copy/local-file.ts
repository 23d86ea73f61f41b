import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BufferPool } from '../buffer-pool.js';
import { namingFile } from './local-error.js';

const READ_BYTES = 1024 * 1024;

/**
 * Yields at most `length` bytes of a file from `position` on, in parts of `size()` bytes. A part may be overwritten when the next
 * but one is requested.
 */
export async function* readParts(
  file: FileHandle,
  position: number,
  length: number,
  size: () => number = () => READ_BYTES,
): AsyncIterable<Buffer> {
  const pool = new BufferPool();
  let previous: Buffer | undefined;
  for (let at = position; at < position + length; ) {
    const wanted = Math.min(size(), position + length - at);
    const buffer = pool.acquire(wanted);
    let bytes = 0;
    while (bytes < wanted) {
      const { bytesRead } = await file.read(buffer, bytes, wanted - bytes, at + bytes);
      if (bytesRead === 0) break;
      bytes += bytesRead;
    }
    if (bytes > 0) yield buffer.subarray(0, bytes);
    if (bytes < wanted) return;
    at += bytes;
    if (previous !== undefined) pool.release(previous);
    previous = buffer;
  }
}

/** Returns the first `length` bytes of a file, or all if it is shorter. */
export async function readStart(file: FileHandle, length: number): Promise<Buffer> {
  for await (const part of readParts(file, 0, length, () => length)) return part;
  return Buffer.alloc(0);
}

/** Opens a file for reading, but neither a link nor a pipe that has replaced it, uses it and closes it. */
export async function withLocalFile<T>(path: Buffer, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await namingFile(path, () => use(file));
  } finally {
    await file.close();
  }
}

/** Writes all of the bytes at a position. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}

/** Returns the SHA-256 of the first `length` bytes of a file, to which more can be added. */
export async function hashStart(file: FileHandle, length: number, signal: AbortSignal): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const part of readParts(file, 0, length)) {
    signal.throwIfAborted();
    hash.update(part);
  }
  return hash;
}

/** Returns the SHA-256 of bytes in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
