import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { memoryByTurns } from '../memory.js';

/** Bytes that are read from a disk at once where nobody asks for another number. */
const PORTION = 1024 * 1024;

/**
 * The bytes of a file in portions of the size that is asked for at each of them, from a place on, `length` of them at the
 * most. A portion may be overwritten when the next but one is asked for.
 */
export async function* portionsOf(
  file: FileHandle,
  from: number,
  length: number,
  size: () => number = () => PORTION,
): AsyncGenerator<Buffer, void, undefined> {
  const memory = memoryByTurns();
  for (let at = from; at < from + length; ) {
    const buffer = memory()(Math.min(size(), from + length - at));
    let bytes = 0;
    while (bytes < buffer.length) {
      const { bytesRead } = await file.read(buffer, bytes, buffer.length - bytes, at + bytes);
      if (bytesRead === 0) break;
      bytes += bytesRead;
    }
    if (bytes > 0) yield buffer.subarray(0, bytes);
    if (bytes < buffer.length) return;
    at += bytes;
  }
}

/** So many bytes of a file, or all of them where it is shorter. */
export async function beginningOf(file: FileHandle, length: number): Promise<Buffer> {
  for await (const part of portionsOf(file, 0, length, () => length)) return part;
  return Buffer.alloc(0);
}

/** Opens a file to read it, but neither a link nor a pipe that has taken its place meanwhile; closes it when it was used. */
export async function reading<T>(path: Buffer, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Writes all of the bytes at a place. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}

/** The SHA-256 of a file's first bytes, to be added to; how many there were. */
export async function hashOfBeginning(
  file: FileHandle,
  length: number,
  signal: AbortSignal,
): Promise<{ readonly hash: Hash; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of portionsOf(file, 0, length)) {
    signal.throwIfAborted();
    hash.update(part);
    bytes += part.length;
  }
  return { hash, bytes };
}

/** The SHA-256 of bytes, in hexadecimal. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
