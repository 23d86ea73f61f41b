import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { GENESIS, hashOf, LINE_LIMIT_BYTES, readLink } from './chain.js';

const NEWLINE = 0x0a;
/** Each write that was cut off leaves an incomplete line; the last entry is sought in this part of the file. */
const SEARCH_BYTES = 16 * LINE_LIMIT_BYTES;
/** How each line of an audit log begins. */
const LINE_START = '{"time":"';

/** The end of a chain on the disk. */
export interface Tail {
  /** The hash of the last entry. */
  readonly hash: string;
  /** The incomplete lines behind it, joined by newlines: their writer was killed, or the disk was full. Must be copied. */
  readonly partial?: Hash | undefined;
  /** The last line has no newline yet. */
  readonly open: boolean;
}

/** The end before the first line of a log. */
export const START: Tail = { hash: GENESIS, open: false };

/**
 * Finds the end of the chain in a file.
 * @param before where the chain ended before the first line of the file
 * @returns undefined if its end holds no entry, and is not what is left of the first ones
 */
export async function readTail(file: FileHandle, before: Tail): Promise<Tail | undefined> {
  const { size } = await file.stat();
  if (size === 0) return { ...before, open: false };
  const bytes = await read(file, Math.max(size - SEARCH_BYTES, 0), Math.min(size, SEARCH_BYTES));
  const open = bytes.at(-1) !== NEWLINE;
  const lines = open ? bytes : bytes.subarray(0, -1);
  for (let from = lines.length + 1; from > 0; ) {
    const to = from - 1;
    from = to === 0 ? 0 : lines.lastIndexOf(NEWLINE, to - 1) + 1;
    const line = lines.subarray(from, to);
    if (readLink(line) === undefined) continue;
    return {
      hash: hashOf(line),
      partial: to < lines.length ? joined(lines.subarray(to + 1)) : undefined,
      open,
    };
  }
  if (size > SEARCH_BYTES || !(await isAuditLog(file))) return undefined;
  return { hash: before.hash, partial: joined(lines, before.partial), open };
}

/** Returns whether a file begins like an audit log, as far as it goes. */
export async function isAuditLog(file: FileHandle): Promise<boolean> {
  const bytes = await read(file, 0, LINE_START.length);
  return LINE_START.startsWith(bytes.toString('latin1'));
}

function joined(lines: Buffer, before?: Hash): Hash {
  return (before?.copy().update('\n') ?? createHash('sha256')).update(lines);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  for (let count = 1; count !== 0 && done < length; done += count) {
    count = (await file.read(bytes, done, length - done, position + done)).bytesRead;
  }
  return bytes.subarray(0, done);
}
